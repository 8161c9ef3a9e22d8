// Writes the commands of a procedure, as runbook_lib.text.commands does.
(() => {
  const { shell } = window.runbook.quoting;
  const NEXT_LINE = " \\\n  ";

  /**
   * One parameter of a command.
   * @typedef {{name: string, value: string, isText: boolean}} Argument
   */

  /**
   * Return a command of the runbook; a reason makes it end with that option.
   * @param {string} verb
   * @param {string} procedure
   * @param {Argument[]} given
   * @param {string} reason
   * @returns {string}
   */
  const line = (verb, procedure, given, reason) => {
    const words = given.map(({ name, value }) => `-p ${name}=${shell(value)}`);
    const command = [`runbook ${verb} ${shell(procedure)}`, ...words].join(words.length > 1 ? NEXT_LINE : " ");
    return reason ? `${command}${NEXT_LINE}--reason ${shell(reason)}` : command;
  };

  /**
   * Return the command of papermill, which guesses the type of a value after -p and keeps a text after -r.
   * @param {string} procedure
   * @param {Argument[]} given
   * @param {string} reason
   * @returns {string}
   */
  const papermill = (procedure, given, reason) => {
    const lines = [`papermill ${shell(`notebooks/${procedure}.py`)} ${shell(`${procedure}.ipynb`)}`];
    lines.push(...given.map(({ name, value, isText }) => `${isText ? "-r" : "-p"} ${name} ${shell(value)}`));
    if (reason) {
      lines.push(`-p apply True -r reason ${shell(reason)}`);
    }
    return lines.join(NEXT_LINE);
  };

  Object.assign(window.runbook, { commands: { line, papermill } });
})();
