// Makes the controls of a procedure's form from the JSON Schema of its parameters.
(() => {
  /** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Control */

  /**
   * @param {string} tag
   * @param {Record<string, unknown>} properties
   * @param {(Node | string)[]} children
   * @returns {any}
   */
  const make = (tag, properties = {}, children = []) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  /** @param {Record<string, any>} schema */
  const bare = (schema) => {
    switch (schema["x-kind"]) {
      case "choice": {
        const options = schema.enum.map((/** @type {string} */ value) => make("option", { value, textContent: value }));
        const select = /** @type {HTMLSelectElement} */ (make("select", {}, options));
        if (schema.default === undefined) {
          select.prepend(make("option", { value: "", textContent: "choose" }));
        }
        return select;
      }
      case "flag":
        return make("input", { type: "checkbox" });
      case "text":
      case "reason":
        return make("textarea", { rows: 1, wrap: "soft" });
      default:
        return make("input", { type: "text", inputMode: schema["x-kind"] === "number" ? "numeric" : "text" });
    }
  };

  /**
   * Return a field: label, control, help, and the place of its error.
   * @param {string} name
   * @param {Record<string, any>} schema
   * @param {boolean} required
   * @returns {{element: HTMLElement, control: Control, error: HTMLElement}}
   */
  const field = (name, schema, required) => {
    const control = /** @type {Control} */ (bare(schema));
    control.name = name;
    control.id = `rb-${name}`;
    control.autocomplete = "off";
    control.spellcheck = false;
    control.setAttribute("aria-describedby", `rb-${name}-help rb-${name}-error`);
    if (required) {
      control.setAttribute("aria-required", "true");
    }
    const example = schema.examples?.[0] ?? (schema["x-kind"] === "timestamp" ? "2026-01-15T18:00-07:00" : undefined);
    if ("placeholder" in control && example !== undefined) {
      control.placeholder = `for example ${Array.isArray(example) ? example.join(",") : example}`;
    }
    const label = make("label", { htmlFor: control.id }, [make("code", { textContent: name })]);
    if (required) {
      label.append(" required");
    } else if (schema.default !== undefined) {
      label.append(` default ${typeof schema.default === "boolean" ? (schema.default ? "True" : "False") : schema.default}`);
    }
    const where = schema["x-where"] ? ` Where: ${schema["x-where"]}.` : "";
    const help = make("small", { id: `rb-${name}-help`, textContent: schema.description + where });
    const error = make("p", { id: `rb-${name}-error`, className: "rb-error" });
    const parts = schema["x-kind"] === "flag" ? [make("div", {}, [control, " ", label])] : [label, control];
    return { element: make("div", { className: "rb-field" }, [...parts, help, error]), control, error };
  };

  Object.assign(window.runbook, { controls: { make, field } });
})();
