import uPlot from "uplot";

/** The weight of the newest loss in the smoothed one: an average over some ten steps. */
const SMOOTHING = 0.1;

/** Loss by step: of each batch, smoothed, and on text that the model does not learn from. */
export class LossChart {
  readonly #place: HTMLElement;
  #plot: uPlot;
  #columns: [number[], number[], number[], (number | null)[]] = [[], [], [], []];
  #drawing = 0;

  constructor(place: HTMLElement) {
    this.#place = place;
    this.#plot = this.#make();
    new ResizeObserver(() => this.#plot.setSize(sizeOf(place))).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#plot.destroy();
      this.#plot = this.#make();
    });
  }

  clear(): void {
    this.#columns = [[], [], [], []];
    this.#draw();
  }

  /** Returns the smoothed loss. */
  addStep(step: number, loss: number): number {
    const [steps, losses, smoothed, validation] = this.#columns;
    const before = smoothed.at(-1) ?? loss;
    steps.push(step);
    losses.push(loss);
    smoothed.push(before + SMOOTHING * (loss - before));
    validation.push(null);
    this.#draw();
    return smoothed.at(-1)!;
  }

  /** Belongs to a step that has been added. */
  addValidation(step: number, loss: number): void {
    this.#columns[3][this.#columns[0].lastIndexOf(step)] = loss;
    this.#draw();
  }

  /** Once per frame is enough. */
  #draw(): void {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = requestAnimationFrame(() => this.#plot.setData(this.#columns));
  }

  #make(): uPlot {
    const color = (name: string) => getComputedStyle(this.#place).getPropertyValue(`--${name}`).trim();
    const axis = {
      stroke: color("quiet"),
      font: "12px Inter, system-ui, sans-serif",
      grid: { stroke: color("line"), width: 1 },
      ticks: { show: false },
    };
    const options: uPlot.Options = {
      ...sizeOf(this.#place),
      padding: [8, 12, 0, 0],
      scales: { x: { time: false, range: rangeOr(0, 100) }, y: { range: rangeOr(1, 5, 0.1) } },
      axes: [
        { ...axis, grid: { show: false }, size: 28 },
        { ...axis, size: 40 },
      ],
      series: [
        { label: "step" },
        { label: "loss of a batch", stroke: color("faint"), width: 1, points: { show: false } },
        { label: "smoothed", stroke: color("accent"), width: 2.5, points: { show: false } },
        {
          label: "validation",
          stroke: color("second"),
          width: 1.5,
          dash: [5, 4],
          spanGaps: true,
          points: { show: true, size: 7, fill: color("second") },
        },
      ],
      legend: { show: false },
      cursor: { show: false },
    };
    return new uPlot(options, this.#columns, this.#place);
  }
}

/** What the values span and a margin, or a range for a chart that has none yet. */
function rangeOr(low: number, high: number, margin = 0): uPlot.Scale.Range {
  return (_, least: number | null, most: number | null) =>
    least === null || most === null ? [low, high] : [least - margin, most + margin];
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement) {
  return { width: clientWidth, height: clientHeight };
}
