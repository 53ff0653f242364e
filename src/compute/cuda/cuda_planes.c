/* SPDX-License-Identifier: MIT */
/* Pictures on the CUDA device, resampled there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "compute/cuda/cuda_device.h"

#define SIDE_MAX 32768
#define PLANE_COUNT 3

/* The filters of one direction, for the samples of the window. */
typedef struct Taps {
    size_t count, targets;
    int32_t *starts; // [targets], the first sample that a target mixes
    float *weights;  // [count, targets]
} Taps;

/* Luma and chroma, along rows and along columns, in one piece of device memory. */
struct DevicePlanes {
    bool ready; // for the shape below
    DevicePicture picture;
    DeviceTarget target;
    Taps taps[2][2];
    CudaAddress memory, starts[2][2], weights[2][2];
    CudaAddress rows, dst; // float32 between the two steps; the result
};

/* Keys' cubic with a = -0.5, at a distance >= 0. */
static double cubic(double distance)
{
    if (distance < 1.0)
        return (1.5 * distance - 2.5) * distance * distance + 1.0;
    if (distance < 2.0)
        return ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0;
    return 0.0;
}

static void clear_taps(Taps *taps)
{
    free(taps->starts);
    free(taps->weights);
    *taps = (Taps){0};
}

/* For targets first .. first + targets - 1 of `target` in all, of a plane of `source` samples. */
static RvStatus make_taps(Taps *taps, int source, double origin, int target, int first, int targets,
                          RvError *err)
{
    double scale = (double)source / target, stretch = scale > 1.0 ? scale : 1.0;
    clear_taps(taps);
    taps->count = (size_t)ceil(4.0 * stretch) + 1;
    taps->targets = (size_t)targets;
    taps->starts = rv_mem_alloc(taps->targets, sizeof *taps->starts, err);
    taps->weights = rv_mem_alloc(taps->targets * taps->count, sizeof *taps->weights, err);
    if (taps->starts == NULL || taps->weights == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < taps->targets; i++) {
        double centre = (first + (double)i + 0.5) * scale - origin, sum = 0.0;
        int start = (int)ceil(centre - 2.0 * stretch);
        for (size_t tap = 0; tap < taps->count; tap++)
            sum += cubic(fabs(start + (double)tap - centre) / stretch);
        for (size_t tap = 0; tap < taps->count; tap++)
            taps->weights[tap * taps->targets + i] =
                (float)(cubic(fabs(start + (double)tap - centre) / stretch) / sum);
        taps->starts[i] = start;
    }
    return RV_OK;
}

static RvStatus make_all_taps(DevicePlanes *planes, RvError *err)
{
    const DeviceTarget *target = &planes->target;
    RvStatus status = RV_OK;
    for (int kind = 0; kind < 2 && status == RV_OK; kind++) {
        const DevicePlane *plane = &planes->picture.planes[kind];
        status = make_taps(&planes->taps[kind][0], plane->width, plane->origin_x, target->width, target->left,
                           target->window_width, err);
        if (status == RV_OK)
            status = make_taps(&planes->taps[kind][1], plane->height, plane->origin_y, target->height,
                               target->top, target->window_height, err);
    }
    return status;
}

/* The rows of a plane that the window mixes. */
static void rows_needed(const Taps *taps, int height, int *first, int *end)
{
    int last = taps->starts[taps->targets - 1] + (int)taps->count;
    *first = taps->starts[0] < 0 ? 0 : taps->starts[0] > height - 1 ? height - 1 : taps->starts[0];
    *end = last > height ? height : last;
    *end = *end > *first ? *end : *first + 1;
}

static size_t padded(size_t size_bytes)
{
    return (size_bytes + 255) / 256 * 256;
}

/* Places from memory on; gives their size. */
static size_t lay_out(DevicePlanes *planes, CudaAddress memory)
{
    const DeviceTarget *target = &planes->target;
    CudaAddress end = memory;
    size_t most_rows = 0, area = (size_t)target->window_width * (size_t)target->window_height;
    for (int kind = 0; kind < 2; kind++) {
        int first = 0, last = 0;
        for (int direction = 0; direction < 2; direction++) {
            const Taps *taps = &planes->taps[kind][direction];
            planes->starts[kind][direction] = end;
            end += padded(taps->targets * sizeof *taps->starts);
            planes->weights[kind][direction] = end;
            end += padded(taps->targets * taps->count * sizeof *taps->weights);
        }
        rows_needed(&planes->taps[kind][1], planes->picture.planes[kind].height, &first, &last);
        most_rows = (size_t)(last - first) > most_rows ? (size_t)(last - first) : most_rows;
    }
    planes->rows = end;
    end += padded(most_rows * (size_t)target->window_width * sizeof(float));
    planes->dst = end;
    end += padded(area * PLANE_COUNT * sizeof(uint16_t));
    return (size_t)(end - memory);
}

static void send_taps(CudaDevice *device, const DevicePlanes *planes)
{
    for (int i = 0; i < 4; i++) {
        const Taps *taps = &planes->taps[i / 2][i % 2];
        rv_cuda_send(device, planes->starts[i / 2][i % 2], taps->starts,
                     taps->targets * sizeof *taps->starts);
        rv_cuda_send(device, planes->weights[i / 2][i % 2], taps->weights,
                     taps->targets * taps->count * sizeof *taps->weights);
    }
}

static bool same_shape(const DevicePlanes *planes, const DevicePicture *picture, const DeviceTarget *target)
{
    bool same = planes->ready && planes->picture.sample_bytes == picture->sample_bytes &&
                memcmp(&planes->target, target, sizeof *target) == 0;
    for (int i = 0; i < PLANE_COUNT && same; i++) {
        const DevicePlane *old = &planes->picture.planes[i], *plane = &picture->planes[i];
        same = old->width == plane->width && old->height == plane->height &&
               old->origin_x == plane->origin_x && old->origin_y == plane->origin_y;
    }
    return same;
}

static bool is_sane(const DevicePicture *picture, const DeviceTarget *target)
{
    bool sane = target->width >= 1 && target->width <= SIDE_MAX && target->height >= 1 &&
                target->height <= SIDE_MAX && target->left >= 0 && target->top >= 0 &&
                target->window_width >= 1 && target->window_width <= target->width - target->left &&
                target->window_height >= 1 && target->window_height <= target->height - target->top &&
                (picture->sample_bytes == 1 || picture->sample_bytes == 2);
    for (int i = 0; i < PLANE_COUNT && sane; i++)
        sane = picture->planes[i].width >= 1 && picture->planes[i].width <= SIDE_MAX &&
               picture->planes[i].height >= 1 && picture->planes[i].height <= SIDE_MAX;
    return sane && picture->planes[1].width == picture->planes[2].width &&
           picture->planes[1].height == picture->planes[2].height;
}

static RvStatus prepare(CudaDevice *device, DevicePlanes *planes, const DevicePicture *picture,
                        const DeviceTarget *target, RvError *err)
{
    if (!is_sane(picture, target))
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: pictures of %d x %d pixels are not made %d x %d there", device->base.device,
                            picture->planes[0].width, picture->planes[0].height, target->width,
                            target->height);
    planes->ready = false;
    planes->picture = *picture;
    planes->target = *target;
    RvStatus status = make_all_taps(planes, err);
    if (status != RV_OK)
        return status;
    rv_cuda_free(device, &planes->memory);
    status = rv_cuda_alloc(device, lay_out(planes, 0), 1, &planes->memory, err);
    if (status != RV_OK)
        return status;
    lay_out(planes, planes->memory);
    send_taps(device, planes);
    planes->ready = device->failure.status == RV_OK;
    return RV_OK;
}

static void resample_plane(CudaDevice *device, const DevicePlanes *planes, const DevicePicture *picture,
                           int index)
{
    const DevicePlane *plane = &picture->planes[index];
    int kind = index > 0, first = 0, end = 0;
    const Taps *along = &planes->taps[kind][0], *down = &planes->taps[kind][1];
    size_t columns = along->targets, blocks = cuda_divide_up(columns, CUDA_THREADS);
    rows_needed(down, plane->height, &first, &end);
    PlaneRowsParams rows = {.src = cuda_pointer(plane->address),
                            .starts = cuda_pointer(planes->starts[kind][0]),
                            .weights = cuda_pointer(planes->weights[kind][0]),
                            .dst = cuda_pointer(planes->rows),
                            .row_stride = plane->row_stride,
                            .width = (uint32_t)plane->width,
                            .step = (uint32_t)plane->step,
                            .first_row = (uint32_t)first,
                            .columns = (uint32_t)columns,
                            .taps = (uint32_t)along->count};
    PlaneColumnsParams sums = {
        .src = cuda_pointer(planes->rows),
        .starts = cuda_pointer(planes->starts[kind][1]),
        .weights = cuda_pointer(planes->weights[kind][1]),
        .dst = cuda_pointer(planes->dst + (size_t)index * columns * down->targets * sizeof(uint16_t)),
        .height = (uint32_t)plane->height,
        .first_row = (uint32_t)first,
        .rows = (uint32_t)down->targets,
        .columns = (uint32_t)columns,
        .taps = (uint32_t)down->count};
    rv_cuda_launch(device,
                   picture->sample_bytes == 1 ? CUDA_KERNEL_rv_plane_rows_u8 : CUDA_KERNEL_rv_plane_rows_u16,
                   (CudaGrid){blocks, (size_t)(end - first), CUDA_THREADS, 0}, &rows);
    if (device->failure.status == RV_OK)
        rv_cuda_launch(device, CUDA_KERNEL_rv_plane_columns,
                       (CudaGrid){blocks, down->targets, CUDA_THREADS, 0}, &sums);
}

static RvStatus resample(Compute *compute, DevicePlanes *planes, const DevicePicture *picture,
                         const DeviceTarget *target, uint16_t *dst, RvError *err)
{
    CudaDevice *device = (CudaDevice *)compute;
    RvStatus status = RV_OK;
    if (rv_cuda_enter(device) && !same_shape(planes, picture, target))
        status = prepare(device, planes, picture, target, err);
    if (status != RV_OK)
        return status;
    // Our stream does not wait for others by itself.
    if (device->failure.status == RV_OK)
        rv_cuda_good(device, device->driver.stream_wait(picture->stream), "decoding");
    for (int i = 0; i < PLANE_COUNT && device->failure.status == RV_OK; i++)
        resample_plane(device, planes, picture, i);
    size_t values = (size_t)target->window_width * (size_t)target->window_height * PLANE_COUNT;
    if (device->failure.status == RV_OK)
        rv_cuda_fetch(device, dst, planes->dst, values * sizeof *dst);
    return compute->ops->status(compute, err);
}

static RvStatus create_planes(Compute *compute, DevicePlanes **out, RvError *err)
{
    (void)compute;
    *out = rv_mem_alloc(1, sizeof **out, err);
    return *out != NULL ? RV_OK : RV_ERROR_MEMORY;
}

static void destroy_planes(Compute *compute, DevicePlanes *planes)
{
    if (planes == NULL)
        return;
    rv_cuda_free((CudaDevice *)compute, &planes->memory);
    for (int i = 0; i < 4; i++)
        clear_taps(&planes->taps[i / 2][i % 2]);
    free(planes);
}

const DevicePlaneOps rv_cuda_plane_ops = {
    .create = create_planes,
    .destroy = destroy_planes,
    .resample = resample,
};
