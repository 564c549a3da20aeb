import type { AttentionReport } from "./settings.ts";

/** Where each head looks: a grid of small maps, and the chosen one in large with its characters. */
export class AttentionMaps {
  readonly #grid: HTMLElement;
  readonly #large: HTMLElement;
  readonly #words: HTMLElement;
  #report: AttentionReport | null = null;
  /** Layer times heads plus head. */
  #chosen = 0;

  constructor(grid: HTMLElement, large: HTMLElement, words: HTMLElement) {
    this.#grid = grid;
    this.#large = large;
    this.#words = words;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => this.#draw());
    large.addEventListener("pointermove", ({ target }) => this.#explain(target as HTMLElement));
    large.addEventListener("pointerdown", ({ target }) => this.#explain(target as HTMLElement));
  }

  show(report: AttentionReport): void {
    const count = report.layers.length * report.heads;
    if (this.#grid.childElementCount !== count) this.#makeGrid(report, count);
    this.#report = report;
    this.#draw();
  }

  #makeGrid({ heads }: AttentionReport, count: number): void {
    this.#chosen = Math.min(this.#chosen, count - 1);
    this.#grid.style.setProperty("--heads", String(heads));
    const buttons = Array.from({ length: count }, (_, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.ariaLabel = `Layer ${Math.floor(index / heads) + 1}, head ${(index % heads) + 1}`;
      button.title = button.ariaLabel;
      button.append(document.createElement("canvas"));
      button.addEventListener("click", () => {
        this.#chosen = index;
        this.#draw();
      });
      return button;
    });
    this.#grid.replaceChildren(...buttons);
  }

  #draw(): void {
    const report = this.#report;
    if (report === null) return;
    const buttons = [...this.#grid.children] as HTMLButtonElement[];
    buttons.forEach((button, index) => {
      button.ariaPressed = String(index === this.#chosen);
      paint(
        button.firstElementChild as HTMLCanvasElement,
        weightsOf(report, index),
        report.characters.length,
      );
    });
    this.#drawLarge(report);
  }

  /** A row of cells for each character, the characters in front of it and above. */
  #drawLarge({ characters }: AttentionReport): void {
    const weights = weightsOf(this.#report!, this.#chosen);
    const length = characters.length;
    if (this.#large.childElementCount !== (length + 1) ** 2) {
      this.#large.style.setProperty("--length", String(length));
      const cells = Array.from({ length: (length + 1) ** 2 }, () => document.createElement("span"));
      this.#large.replaceChildren(...cells);
    }
    const cells = [...this.#large.children] as HTMLElement[];
    cells.forEach((cell, index) => {
      const [i, j] = [Math.floor(index / (length + 1)) - 1, (index % (length + 1)) - 1];
      if (i < 0 || j < 0) cell.textContent = visible(characters[Math.max(i, j)] ?? "");
      else if (j <= i) cell.style.setProperty("--weight", (weights[i * length + j] ?? 0).toFixed(3));
    });
    this.#words.textContent = `${this.#name()}: point at a square`;
  }

  #explain(cell: HTMLElement): void {
    const report = this.#report;
    const index = [...this.#large.children].indexOf(cell);
    if (report === null || index < 0) return;
    const length = report.characters.length;
    const [i, j] = [Math.floor(index / (length + 1)) - 1, (index % (length + 1)) - 1];
    if (i < 0 || j < 0 || j > i) return;
    const share = Math.round(100 * weightsOf(report, this.#chosen)[i * length + j]!);
    const [from, to] = [report.characters[i]!, report.characters[j]!].map(visible);
    this.#words.textContent = `${this.#name()}: ${from} gives ${share} % of its attention to ${to}, ${i - j} back`;
  }

  #name(): string {
    const heads = this.#report?.heads ?? 1;
    return `Layer ${Math.floor(this.#chosen / heads) + 1}, head ${(this.#chosen % heads) + 1}`;
  }
}

/** [T, T] of one head. */
function weightsOf({ layers, heads, characters }: AttentionReport, index: number): Float32Array {
  const size = characters.length ** 2;
  const head = index % heads;
  return layers[Math.floor(index / heads)]!.subarray(head * size, (head + 1) * size);
}

/** A pixel for each weight, in the colour of the accent; the style sheet makes them large. */
function paint(canvas: HTMLCanvasElement, weights: Float32Array, length: number): void {
  canvas.width = length;
  canvas.height = length;
  const context = canvas.getContext("2d")!;
  context.fillStyle = getComputedStyle(canvas).color;
  weights.forEach((weight, index) => {
    // The square root shows what is small.
    context.globalAlpha = Math.sqrt(weight);
    context.fillRect(index % length, Math.floor(index / length), 1, 1);
  });
}

const visible = (character: string) => (character === "\n" ? "↵" : character === " " ? "␣" : character);
