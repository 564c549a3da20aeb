/**
 * Constants of the functions that matter most, kept in the bytes of memory before the first tensor. An
 * engine makes the vector of a literal again wherever a loop asks for it, which takes several instructions;
 * reading one from here takes one. A data segment would do the same, but be written by every instance.
 */

/** Address of the table; RESERVED_BYTES of src/runtime/kernels keeps its place free. */
const TABLE: usize = 64;

export const enum Constant {
  one,
  infinity,
  /** From here on eˣ is infinite, and below the next ones 0. */
  expOverflow,
  expUnderflow,
  expLowest,
  inverseLn2,
  rounder,
  ln2,
  ln2High,
  ln2Low,
  /** The polynomial of eʳ, from its highest degree. */
  exp6,
  exp5,
  exp4,
  exp3,
  exp2,
  minusHalf,
  inverseRoot2Pi,
  /** Numerator and denominator of Φ(-a)/e^(-a²/2), from their highest degrees. */
  tailP3,
  tailP2,
  tailP1,
  tailP0,
  tailQ4,
  tailQ3,
  tailQ2,
  tailQ1,
  geluLimit,
  geluTanhLimit,
  geluTanhLowest,
  siluLimit,
  siluLowest,
  /** 2u and 2u' of gelu's tanh form are polynomials of x². */
  geluTanh0,
  geluTanh2,
  geluTanhSlope2,
}

// @ts-ignore: decorator
@inline
export function constant(which: Constant): v128 {
  return v128.load_splat<f32>(TABLE + (<usize>which << 2));
}

// @ts-ignore: decorator
@inline
function put(which: Constant, value: f32): void {
  store<f32>(TABLE + (<usize>which << 2), value);
}

/** Called once for a memory, before anything is computed in it. */
export function writeConstants(): void {
  put(Constant.one, 1);
  put(Constant.infinity, Infinity);
  put(Constant.expOverflow, 88.72283172607422);
  put(Constant.expUnderflow, -87.33654022216797);
  put(Constant.expLowest, -88);
  put(Constant.inverseLn2, 1.4426950408889634);
  put(Constant.rounder, 12582912);
  put(Constant.ln2, 0.6931471805599453);
  put(Constant.ln2High, 0.693145751953125);
  put(Constant.ln2Low, 1.428606765330187e-6);
  put(Constant.exp6, 0.0013814433477818966);
  put(Constant.exp5, 0.008368796668946743);
  put(Constant.exp4, 0.041668396443128586);
  put(Constant.exp3, 0.1666651964187622);
  put(Constant.exp2, 0.4999999403953552);
  put(Constant.minusHalf, -0.5);
  put(Constant.inverseRoot2Pi, 0.3989422804014327);
  put(Constant.tailP3, 0.013367574432787148);
  put(Constant.tailP2, 0.10364662785510702);
  put(Constant.tailP1, 0.3338835459751676);
  put(Constant.tailP0, 0.4999999934702948);
  put(Constant.tailQ4, 0.033521964119985787);
  put(Constant.tailQ3, 0.2593325414823625);
  put(Constant.tailQ2, 0.8767269222263337);
  put(Constant.tailQ1, 1.4656505800058852);
  put(Constant.geluLimit, 13);
  put(Constant.geluTanhLimit, 9);
  put(Constant.geluTanhLowest, -9);
  put(Constant.siluLimit, 86);
  put(Constant.siluLowest, -86);
  put(Constant.geluTanh0, 2 * 0.7978845608028654);
  put(Constant.geluTanh2, 2 * 0.7978845608028654 * 0.044715);
  put(Constant.geluTanhSlope2, 6 * 0.7978845608028654 * 0.044715);
}
