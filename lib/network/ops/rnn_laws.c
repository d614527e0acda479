/* SPDX-License-Identifier: MIT */
/* Steps of recurrent cells; the formulas are in rnn.c. */
#include <math.h>

#include "core/elementary.h"
#include "network/ops/rnn_laws.h"

static float sigmoid(float v)
{
    return 1 / (1 + aimci_expf(-v));
}

static void rnn_step(const aimci_rnn_moment *m)
{
    for (size_t k = 0; k < m->n; k++) {
        const float v = m->a[k] + m->b[k];
        m->h[k] = m->relu ? fmaxf(v, 0) : aimci_tanhf(v);
    }
}

static void rnn_back(const aimci_rnn_moment *m)
{
    for (size_t k = 0; k < m->n; k++) {
        const float slope = m->relu ? (float)(m->h[k] > 0) : 1 - m->h[k] * m->h[k];
        m->da[k] = m->db[k] = m->dh[k] * slope;
        m->dh[k] = 0;
    }
}

static void gru_step(const aimci_rnn_moment *m)
{
    const size_t n = m->n;
    for (size_t k = 0; k < n; k++) {
        const float r = sigmoid(m->a[k] + m->b[k]), z = sigmoid(m->a[n + k] + m->b[n + k]);
        const float candidate = aimci_tanhf(m->a[2 * n + k] + r * m->b[2 * n + k]);
        m->gates[k] = r;
        m->gates[n + k] = z;
        m->gates[2 * n + k] = candidate;
        m->gates[3 * n + k] = m->b[2 * n + k];
        m->h[k] = (1 - z) * candidate + z * m->h0[k];
    }
}

static void gru_back(const aimci_rnn_moment *m)
{
    const size_t n = m->n;
    for (size_t k = 0; k < n; k++) {
        const float r = m->gates[k], z = m->gates[n + k], candidate = m->gates[2 * n + k];
        const float d = m->dh[k] * (1 - z) * (1 - candidate * candidate);
        m->da[k] = m->db[k] = d * m->gates[3 * n + k] * r * (1 - r);
        m->da[n + k] = m->db[n + k] = m->dh[k] * (m->h0[k] - candidate) * z * (1 - z);
        m->da[2 * n + k] = d;
        m->db[2 * n + k] = d * r;
        m->dh[k] *= z;
    }
}

static void before_reset(const aimci_rnn_moment *m)
{
    for (size_t k = 0; k < m->n; k++) {
        m->gates[k] = sigmoid(m->a[k] + m->b[k]);
        m->reset[k] = m->gates[k] * m->h0[k];
    }
}

static void before_step(const aimci_rnn_moment *m)
{
    const size_t n = m->n;
    for (size_t k = 0; k < n; k++) {
        const float z = sigmoid(m->a[n + k] + m->b[n + k]);
        const float candidate = aimci_tanhf(m->a[2 * n + k] + m->b[2 * n + k]);
        m->gates[n + k] = z;
        m->gates[2 * n + k] = candidate;
        m->h[k] = (1 - z) * candidate + z * m->h0[k];
    }
}

static void before_back(const aimci_rnn_moment *m)
{
    const size_t n = m->n;
    for (size_t k = 0; k < n; k++) {
        const float z = m->gates[n + k], candidate = m->gates[2 * n + k];
        m->da[n + k] = m->db[n + k] = m->dh[k] * (m->h0[k] - candidate) * z * (1 - z);
        m->da[2 * n + k] = m->db[2 * n + k] = m->dh[k] * (1 - z) * (1 - candidate * candidate);
        m->dh[k] *= z;
    }
}

static void before_reset_back(const aimci_rnn_moment *m)
{
    for (size_t k = 0; k < m->n; k++) {
        const float r = m->gates[k];
        m->da[k] = m->db[k] = m->d_reset[k] * m->h0[k] * r * (1 - r);
        m->dh[k] += m->d_reset[k] * r;
    }
}

static void lstm_step(const aimci_rnn_moment *m)
{
    const size_t n = m->n;
    for (size_t k = 0; k < n; k++) {
        const float i = sigmoid(m->a[k] + m->b[k]), f = sigmoid(m->a[n + k] + m->b[n + k]);
        const float g = aimci_tanhf(m->a[2 * n + k] + m->b[2 * n + k]);
        const float o = sigmoid(m->a[3 * n + k] + m->b[3 * n + k]);
        m->gates[k] = i;
        m->gates[n + k] = f;
        m->gates[2 * n + k] = g;
        m->gates[3 * n + k] = o;
        m->c[k] = f * m->c0[k] + i * g;
        m->h[k] = o * aimci_tanhf(m->c[k]);
    }
}

static void lstm_back(const aimci_rnn_moment *m)
{
    const size_t n = m->n;
    for (size_t k = 0; k < n; k++) {
        const float i = m->gates[k], f = m->gates[n + k];
        const float g = m->gates[2 * n + k], o = m->gates[3 * n + k], t = aimci_tanhf(m->c[k]);
        const float dc = m->dc[k] + m->dh[k] * o * (1 - t * t);
        m->da[k] = m->db[k] = dc * g * i * (1 - i);
        m->da[n + k] = m->db[n + k] = dc * m->c0[k] * f * (1 - f);
        m->da[2 * n + k] = m->db[2 * n + k] = dc * i * (1 - g * g);
        m->da[3 * n + k] = m->db[3 * n + k] = m->dh[k] * t * o * (1 - o);
        m->dc[k] = dc * f;
        m->dh[k] = 0;
    }
}

const aimci_rnn_law aimci_law_rnn = {1, 0, false, rnn_step, rnn_back, NULL, NULL};
const aimci_rnn_law aimci_law_gru = {3, 4, false, gru_step, gru_back, NULL, NULL};
const aimci_rnn_law aimci_law_gru_before = {
    3, 3, false, before_step, before_back, before_reset, before_reset_back};
const aimci_rnn_law aimci_law_lstm = {4, 4, true, lstm_step, lstm_back, NULL, NULL};
