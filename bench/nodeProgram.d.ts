export declare const root: string;
/** @throws Error when `wanted` is neither a path nor a version */
export declare function nodeProgram(wanted: string): string;
