/* SPDX-License-Identifier: MIT */
/* The value at a place in the order of many, without sorting them all: Hoare's FIND ("Algorithm 65", CACM 4(7), 1961). */
#include "search/select.h"

#include <stdlib.h>

// The range halves about every other round. If it does not for so long, the values are sorted.
#define ROUNDS_MAX 100

static int compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double middle_of(double a, double b, double c)
{
    double low = a < b ? a : b, high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

double rv_select(double *values, size_t count, size_t place)
{
    ptrdiff_t first = 0, last = (ptrdiff_t)count - 1, wanted = (ptrdiff_t)place;
    for (int round = 0; first < last; round++) {
        if (round == ROUNDS_MAX) {
            qsort(values + first, (size_t)(last - first) + 1, sizeof *values, compare_numbers);
            break;
        }
        double pivot = middle_of(values[first], values[first + (last - first) / 2], values[last]);
        ptrdiff_t low = first, high = last;
        while (low <= high) {
            while (values[low] < pivot)
                low++;
            while (values[high] > pivot)
                high--;
            if (low > high)
                break;
            double value = values[low];
            values[low++] = values[high];
            values[high--] = value;
        }
        // Up to high nothing is above the pivot, from low on nothing is below it, and what lies between is the pivot.
        if (wanted > high && wanted < low)
            break;
        if (wanted <= high)
            last = high;
        else
            first = low;
    }
    return values[place];
}
