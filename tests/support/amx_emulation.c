/* SPDX-License-Identifier: MIT */
/* AMX's tile instructions in a handler of SIGILL. Encodings and meaning: Intel's Software Developer's Manual,
 * volume 2, the pages of LDTILECFG, TILERELEASE, TILEZERO, TILELOADD, TILESTORED and
 * TDPBSSD/TDPBSUD/TDPBUSD/TDPBUUD. */
#include "amx_emulation.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#define TILE_COUNT 8
#define TILE_ROWS 16
#define TILE_BYTES 64 // of a row

typedef struct TileState {
    bool configured;
    size_t rows[TILE_COUNT], row_bytes[TILE_COUNT];
    uint8_t bytes[TILE_COUNT][TILE_ROWS][TILE_BYTES];
} TileState;

static _Thread_local TileState tiles;
static struct sigaction handler_before;

/* The parts of an instruction with a VEX prefix of three bytes. */
typedef struct Instruction {
    uint8_t prefix, opcode;    // prefix: 0 none, 1 66, 2 F3, 3 F2
    uint8_t reg, rm, vvvv;     // operands that are registers
    bool is_register_form;     // rm is a register, else:
    uintptr_t address, stride; // base and displacement; the scaled index
    size_t size_bytes;
} Instruction;

static uintptr_t general_register(const ucontext_t *context, unsigned number)
{
    static const int places[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                   REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    return (uintptr_t)context->uc_mcontext.gregs[places[number]];
}

/* The memory operand whose ModRM byte is at `at`; gives the byte behind it. Extensions: X 2, B 1. */
static const uint8_t *decode_memory(const ucontext_t *context, const uint8_t *at, unsigned extensions,
                                    Instruction *instruction)
{
    unsigned mode = *at >> 6, base = *at & 7;
    bool has_base = true, relative = false;
    at++;
    if (base == 4) {
        unsigned index = (*at >> 3 & 7u) | (extensions & 2u) << 2;
        instruction->stride = index == 4 ? 0 : general_register(context, index) << (*at >> 6);
        base = *at & 7;
        at++;
        has_base = mode != 0 || base != 5;
    } else if (mode == 0 && base == 5) {
        has_base = false;
        relative = true; // to the next instruction
    }
    int32_t displacement = 0;
    if (mode == 1) {
        displacement = (int8_t)*at++;
    } else if (mode == 2 || !has_base) {
        memcpy(&displacement, at, sizeof displacement);
        at += sizeof displacement;
    }
    uintptr_t start = relative ? (uintptr_t)at : 0;
    if (has_base)
        start = general_register(context, base | (extensions & 1u) << 3);
    instruction->address = start + (uintptr_t)(intptr_t)displacement;
    return at;
}

/* false: not of the form that all tile instructions have. */
static bool decode(const ucontext_t *context, Instruction *instruction)
{
    const uint8_t *code = (const uint8_t *)context->uc_mcontext.gregs[REG_RIP], *end = code + 5;
    // Three-byte prefix, opcodes of 0F 38, R and the bits W and L zero.
    if (code[0] != 0xc4 || (code[1] & 0x9f) != 0x82 || (code[2] & 0x84) != 0)
        return false;
    *instruction = (Instruction){.prefix = code[2] & 3,
                                 .opcode = code[3],
                                 .reg = code[4] >> 3 & 7,
                                 .rm = code[4] & 7,
                                 .vvvv = (~code[2] >> 3) & 15,
                                 .is_register_form = code[4] >> 6 == 3};
    if (!instruction->is_register_form)
        end = decode_memory(context, code + 4, (unsigned)(~code[1] >> 5) & 3u, instruction);
    instruction->size_bytes = (size_t)(end - code);
    return true;
}

static bool load_config(uintptr_t address)
{
    uint8_t config[64];
    memcpy(config, (const void *)address, sizeof config);
    memset(&tiles, 0, sizeof tiles);
    bool valid = config[0] == 1 && config[1] == 0;
    for (size_t i = 0; i < TILE_COUNT; i++) {
        uint16_t row_bytes;
        memcpy(&row_bytes, config + 16 + 2 * i, sizeof row_bytes);
        tiles.row_bytes[i] = row_bytes;
        tiles.rows[i] = config[48 + i];
        valid &=
            tiles.rows[i] <= TILE_ROWS && row_bytes <= TILE_BYTES && (tiles.rows[i] == 0) == (row_bytes == 0);
    }
    for (size_t i = 0; i < sizeof config; i++) {
        bool reserved = (i >= 2 && i < 16) || (i >= 32 && i < 48) || i >= 56;
        valid &= !reserved || config[i] == 0;
    }
    tiles.configured = valid;
    return valid;
}

static void move_rows(const Instruction *instruction, bool to_memory)
{
    uint8_t(*tile)[TILE_BYTES] = tiles.bytes[instruction->reg];
    if (!to_memory)
        memset(tile, 0, sizeof tiles.bytes[0]);
    for (size_t row = 0; row < tiles.rows[instruction->reg]; row++) {
        void *memory = (void *)(instruction->address + row * instruction->stride);
        if (to_memory)
            memcpy(memory, tile[row], tiles.row_bytes[instruction->reg]);
        else
            memcpy(tile[row], memory, tiles.row_bytes[instruction->reg]);
    }
}

/* Sums of four products; the bytes of a (rm) and b (vvvv) with sign or without. */
static bool multiply(const Instruction *instruction, bool a_signed, bool b_signed)
{
    size_t sum = instruction->reg, a = instruction->rm, b = instruction->vvvv;
    if (b >= TILE_COUNT || sum == a || sum == b || a == b || tiles.rows[sum] != tiles.rows[a] ||
        tiles.row_bytes[sum] != tiles.row_bytes[b] || tiles.row_bytes[a] != 4 * tiles.rows[b])
        return false;
    for (size_t row = 0; row < tiles.rows[sum]; row++) {
        uint32_t sums[TILE_BYTES / 4];
        memcpy(sums, tiles.bytes[sum][row], sizeof sums);
        for (size_t k = 0; k < tiles.row_bytes[a]; k++) {
            uint8_t byte = tiles.bytes[a][row][k];
            int x = a_signed ? (int8_t)byte : byte;
            if (x == 0)
                continue; // as often where rows are filled up
            const uint8_t *values = tiles.bytes[b][k / 4] + k % 4;
            for (size_t column = 0; column < tiles.row_bytes[b] / 4; column++) {
                int y = b_signed ? (int8_t)values[4 * column] : values[4 * column];
                sums[column] += (uint32_t)(x * y);
            }
        }
        memcpy(tiles.bytes[sum][row], sums, sizeof sums);
    }
    return true;
}

enum { OPCODE_CONFIG = 0x49, OPCODE_MOVE = 0x4b, OPCODE_MULTIPLY = 0x5e };

static bool execute(const Instruction *instruction)
{
    bool in_registers = instruction->is_register_form;
    if (instruction->opcode == OPCODE_CONFIG && instruction->prefix == 0 && !in_registers)
        return load_config(instruction->address + instruction->stride);
    if (instruction->opcode == OPCODE_CONFIG && instruction->prefix == 0) { // tilerelease
        memset(&tiles, 0, sizeof tiles);
        return true;
    }
    if (!tiles.configured || tiles.rows[instruction->reg] == 0)
        return false;
    if (instruction->opcode == OPCODE_CONFIG && instruction->prefix == 3 && in_registers) { // tilezero
        memset(tiles.bytes[instruction->reg], 0, sizeof tiles.bytes[0]);
        return true;
    }
    if (instruction->opcode == OPCODE_MOVE && instruction->prefix >= 2 && !in_registers) {
        move_rows(instruction, instruction->prefix == 2);
        return true;
    }
    if (instruction->opcode == OPCODE_MULTIPLY && in_registers)
        return multiply(instruction, instruction->prefix >= 2, instruction->prefix & 1);
    return false;
}

static void handle(int signal_number, siginfo_t *info, void *opaque_context)
{
    ucontext_t *context = opaque_context;
    Instruction instruction;
    if (decode(context, &instruction) && execute(&instruction))
        context->uc_mcontext.gregs[REG_RIP] += (greg_t)instruction.size_bytes;
    else
        sigaction(SIGILL, &handler_before, NULL); // which the instruction, tried again, now reaches
}

void amx_emulation_start(void)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO}, before;
    sigaction(SIGILL, &action, &before);
    if (!(before.sa_flags & SA_SIGINFO) || before.sa_sigaction != handle)
        handler_before = before;
}

bool amx_emulation_in_use(void)
{
    return tiles.configured;
}
