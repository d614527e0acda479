/* SPDX-License-Identifier: MIT */
/* Sound to pictures: a WAV file, its logarithmic mel spectrum, and words that are made up. */
#ifndef AIMC_EXAMPLES_AUDIO_H
#define AIMC_EXAMPLES_AUDIO_H

#include <math.h>

#include "samples.h"

enum { RATE = 8000, HOP = 128, FFT = 256, BINS = FFT / 2 + 1, FRAMES = 48, BANDS = 20 };
enum { WORD = HOP * (FRAMES - 1) + FFT }; /* samples of sound, 0.78 s */

static const double pi = 3.14159265358979323846;

static inline uint32_t little_endian(const unsigned char *b, int n)
{
    uint32_t v = 0;
    while (n--)
        v = v << 8 | b[n];
    return v;
}

/* PCM of 16 bits, mono, 8 kHz: up to max samples, -1 ... 1; how many there are. */
static inline size_t read_wav(FILE *f, float *sound, size_t max)
{
    unsigned char head[44], b[2];
    size_t n = 0;
    if (!f || fread(head, 1, sizeof head, f) != sizeof head ||
        memcmp(head + 8, "WAVEfmt ", 8) != 0 || little_endian(head + 20, 2) != 1 ||
        little_endian(head + 22, 2) != 1 || little_endian(head + 24, 4) != RATE ||
        little_endian(head + 34, 2) != 16 || memcmp(head + 36, "data", 4) != 0) {
        fprintf(stderr, "no WAV file of 16 bits, mono, 8 kHz\n");
        exit(EXIT_FAILURE);
    }
    for (; n < max && fread(b, 1, 2, f) == 2; n++)
        sound[n] = (float)(int16_t)little_endian(b, 2) / 32768.0f;
    return n;
}

static inline void write_wav(FILE *f, const float *sound, size_t n)
{
    const uint32_t bytes = 2 * (uint32_t)n;
    const uint32_t words[11] = {0x46464952, 36 + bytes, 0x45564157,   0x20746d66, 16,   1 | 1 << 16,
                                RATE,       2 * RATE,   2 | 16 << 16, 0x61746164, bytes};
    for (int k = 0; k < 44; k++)
        fputc((int)(words[k / 4] >> 8 * (k % 4) & 255), f);
    for (size_t i = 0; i < n; i++) {
        const int v = (int)lrintf(32767 * fmaxf(-1, fminf(1, sound[i])));
        fputc(v & 255, f);
        fputc(v >> 8 & 255, f);
    }
}

/* Power at the frequencies of one frame under a Hann window: a radix-2 transform in place. */
static inline void power_spectrum(const float *frame, double *power)
{
    double re[FFT], im[FFT] = {0};
    for (unsigned i = 0; i < FFT; i++) { /* the order of reversed bits */
        unsigned r = 0;
        for (unsigned bit = 1; bit < FFT; bit <<= 1)
            r = r << 1 | ((i & bit) != 0);
        re[r] = (double)frame[i] * (0.5 - 0.5 * cos(2 * pi * i / FFT));
    }
    for (int half = 1; half < FFT; half *= 2)
        for (int first = 0; first < FFT; first += 2 * half)
            for (int k = first; k < first + half; k++) {
                const double c = cos(pi * (k - first) / half), s = -sin(pi * (k - first) / half);
                const double x = re[k + half] * c - im[k + half] * s;
                const double y = re[k + half] * s + im[k + half] * c;
                re[k + half] = re[k] - x;
                im[k + half] = im[k] - y;
                re[k] += x;
                im[k] += y;
            }
    for (int k = 0; k < BINS; k++)
        power[k] = re[k] * re[k] + im[k] * im[k];
}

static inline double mel(double hz)
{
    return 2595 * log10(1 + hz / 700);
}

/* Logarithms of what BANDS triangles, evenly spaced in mel from 60 Hz on, let through. */
static inline void log_mel(const double *power, float *bands)
{
    const double low = mel(60), step = (mel(RATE / 2.0) - low) / (BANDS + 1);
    double sum[BANDS] = {0};
    for (int k = 0; k < BINS; k++) {
        const double at = (mel((double)k * RATE / FFT) - low) / step; /* band b is centred on b+1 */
        for (int b = (int)fmax(0, at - 2); b < BANDS && b < at; b++)
            sum[b] += power[k] * fmax(0, 1 - fabs(at - 1 - b));
    }
    for (int b = 0; b < BANDS; b++)
        bands[b] = (float)log(sum[b] + 1e-6);
}

/* [BANDS][FRAMES] with mean 0 and standard deviation 0.5 in all; short words are put in the middle,
 * long ones cut on both sides. */
static inline void spectrogram(const float *sound, size_t n, float *x)
{
    float word[WORD] = {0};
    const size_t cut = n > WORD ? (n - WORD) / 2 : 0, before = n > WORD ? 0 : (WORD - n) / 2;
    memcpy(word + before, sound + cut, (n > WORD ? WORD : n) * sizeof *word);
    double sum = 0, squares = 0;
    for (int t = 0; t < FRAMES; t++) {
        double power[BINS];
        float bands[BANDS];
        power_spectrum(word + t * HOP, power);
        log_mel(power, bands);
        for (int b = 0; b < BANDS; b++) {
            x[b * FRAMES + t] = bands[b];
            sum += (double)bands[b];
            squares += (double)(bands[b] * bands[b]);
        }
    }
    const double mean = sum / (BANDS * FRAMES);
    const double std = sqrt(squares / (BANDS * FRAMES) - mean * mean) + 1e-9;
    for (int i = 0; i < BANDS * FRAMES; i++)
        x[i] = (float)(((double)x[i] - mean) / std / 2);
}

/* A made-up word: a tone that glides from one pitch to another, with an overtone and noise; how
 * long it is. Each of ten words has pitches of its own, each speaker shifts them. */
static inline size_t make_word(unsigned word, float *sound, float noise)
{
    const double from = 300 + 150 * (word % 5), to = word < 5 ? from * 1.8 : from / 1.8;
    const double shift = 1 + 0.1 * (double)random_input(),
                 loud = 0.3 + 0.1 * (double)random_input();
    const size_t n = (size_t)(RATE * (0.45 + 0.1 * (double)random_input()));
    double phase = 0;
    for (size_t i = 0; i < n; i++) {
        const double t = (double)i / (double)n;
        phase += 2 * pi * shift * (from + (to - from) * t) / RATE;
        sound[i] = (float)(loud * sin(pi * t) * (sin(phase) + 0.5 * sin(2 * phase))) +
                   noise * random_input();
    }
    return n;
}

#endif
