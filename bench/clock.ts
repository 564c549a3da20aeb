/** What a measurement reads. A clock gives milliseconds. */
export interface Clock {
  readonly name: "wall" | "cpu";
  now(): number;
  /** Shortest time that it measures well, in milliseconds. */
  readonly shortest: number;
}

/** The time that passes: right on a quiet machine. */
const wall: Clock = { name: "wall", now: () => performance.now(), shortest: 0.1 };

/** The time that this process was given, in microseconds: on a busy machine it leaves out the turns of others, though not their cache use. */
const cpu: Clock = {
  name: "cpu",
  now: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  shortest: 0.5,
};

export const clocks = { wall, cpu } as const;

export const isClockName = (name: string): name is keyof typeof clocks => Object.hasOwn(clocks, name);
