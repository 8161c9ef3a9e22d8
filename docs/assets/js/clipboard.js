// Copies a text, also from a page on disk, where a browser can refuse its clipboard to scripts.
(() => {
  /**
   * Copy a text.
   * @param {string} text
   * @returns {Promise<boolean>} whether it was copied
   */
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const focused = document.activeElement;
      const area = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
      area.className = "rb-offscreen";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (focused instanceof HTMLElement) {
        focused.focus();
      }
      return done;
    }
  };

  Object.assign(window.runbook, { copy });
})();
