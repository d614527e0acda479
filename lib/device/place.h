/* SPDX-License-Identifier: MIT */
/* Laws whose step depends on the state through its place between the bounds, 0 at the lower and 1
 * at the upper one. A law includes this in its header after aimci_law and has but the step left to
 * say; it has no jump. */
#ifndef AIMCI_PLACE_H
#define AIMCI_PLACE_H

#define AIMCI_LAW_JUMPS 0

typedef struct aimci_law_terms {
    vf inverse_range;
} aimci_law_terms;

AIMCI_INLINE aimci_law_terms aimci_law_load(const AIMCI_CONSTANT aimci_law *law,
                                            const aimci_word_line *line, aimci_where where,
                                            const aimci_lane_group *c)
{
    (void)law, (void)line, (void)where;
    aimci_law_terms t;
    t.inverse_range = aimci_inverse_range(c);
    return t;
}

AIMCI_INLINE vf aimci_place(const aimci_lane_group *c, const aimci_law_terms *t, vf w)
{
    return (w - c->lo) * t->inverse_range;
}

#endif
