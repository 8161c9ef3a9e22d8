// Steps and checklists can be ticked off, and stay so on this device.
(() => {
  /** @param {string} procedure */
  const keyOf = (procedure) => `runbook:${procedure}:ticks`;

  /**
   * @param {string} key
   * @returns {string[]}
   */
  const stored = (key) => {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "[]");
    } catch {
      return []; // no storage here, or another program's value
    }
  };

  /** @param {Element} heading */
  const boxBefore = (heading) => {
    const box = Object.assign(document.createElement("input"), { type: "checkbox", className: "rb-tick" });
    const words = heading.firstChild?.textContent?.trim() ?? "";
    box.setAttribute("aria-label", `Done: ${words}`);
    heading.prepend(box);
    return box;
  };

  /**
   * Make the steps of a procedure's page tickable.
   * @param {string} procedure
   * @returns {{clear: () => void}}
   */
  const start = (procedure) => {
    const key = keyOf(procedure);
    const steps = [...document.querySelectorAll("article h3[id]")].filter((h) => /^\d/.test(h.textContent ?? ""));
    const boxes = [
      ...document.querySelectorAll("article .task-list-control input, article .task-list-item input"),
      ...steps.map(boxBefore),
    ].filter((box, index, all) => all.indexOf(box) === index && box instanceof HTMLInputElement);
    const ticked = new Set(stored(key));
    /** @type {HTMLInputElement[]} */ (boxes).forEach((box, index) => {
      box.disabled = false;
      box.checked = ticked.has(String(index));
      box.addEventListener("change", () => {
        ticked[box.checked ? "add" : "delete"](String(index));
        try {
          localStorage.setItem(key, JSON.stringify([...ticked]));
        } catch {
          // no storage here: the tick lasts as long as the page
        }
      });
    });
    const clear = () => {
      ticked.clear();
      for (const box of /** @type {HTMLInputElement[]} */ (boxes)) {
        box.checked = false;
      }
      try {
        localStorage.removeItem(key);
      } catch {
        // there was none
      }
    };
    return { clear };
  };

  Object.assign(window.runbook, { ticks: { start } });
})();
