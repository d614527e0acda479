/* SPDX-License-Identifier: MIT */
document.addEventListener("DOMContentLoaded", () => {
    for (const formula of document.querySelectorAll(".math"))
        renderMathInElement(formula, {
            delimiters: [{ left: "\\[", right: "\\]", display: true }, { left: "\\(", right: "\\)", display: false }],
        });
});
