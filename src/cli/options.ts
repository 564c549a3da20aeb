import { InvalidArgumentError } from "commander";

/** Parsers of option values for commander: what is out of range is refused in one line. */

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`Wanted a whole number ${range}.`);
    }
    return value;
  };
}

/** A number from `least` to `most`; the ends belong to it unless told otherwise. */
export function realNumber(least: number, most: number, { open = false } = {}): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const inside = open ? value > least && value < most : value >= least && value <= most;
    if (text.trim() === "" || !Number.isFinite(value) || !inside) {
      throw new InvalidArgumentError(
        `Wanted a number ${open ? "between" : "from"} ${least} ${open ? "and" : "to"} ${most}${open ? ", ends excluded" : ""}.`,
      );
    }
    return value;
  };
}
