// Colour ramps for numbers, each as 33 colours at equal distances; between them colours are mixed. Pure.
// matplotlib's viridis and magma, cividis (Nuñez et al. 2018), and ColorBrewer's RdBu; the test compares
// them with d3-scale-chromatic, whose code would take 30 KB.

import type { RampName } from "./state";

type Rgb = readonly [number, number, number];

const DIGITS = 6;
const STOPS: Record<RampName, string> = {
  viridis:
    "440154470d6048186a482374472d7b4537814240863e49893b528b375b8d33638d" +
    "2f6b8e2c728e297a8e26828e23898e21918c1f988b1fa08822a78528ae8032b67a" +
    "3fbc734ec36b5ec96270cf5784d44b98d83eaddc30c2df23d8e219ece51bfde725",
  cividis:
    "00205100265d012b6508316911366c1c3c6e26426e31476e3c4d6e47536d51586e" +
    "5a5e6e62646f6a6a707270717976737f7c758682768c8877938e789a9478a19b78" +
    "a9a177b2a874bbaf71c5b66dcebd68d8c462e2cb5cebd355f3da4ffae249fdea45",
  magma:
    "0000040303120a0822130d341d114729115a36106b440f7651127c5d177f6a1c81" +
    "762181832681902a819c2e7faa337db73779c43c75d0416fdc4869e75263ef5d5e" +
    "f56b5cf9795dfc8961fd9869fea772feb67cfec488fed395fde2a3fcf0b2fcfdbf",
  rdbu:
    "67001f7e0823941127a81d2db82d35c6413fd1574bdb6d59e48268ec977af3aa8c" +
    "f7bca0faccb4fbd9c7fae4d8f7ece5f2efeee9eff2deebf2d0e4efbfdcebadd2e5" +
    "98c7df82bad86bacd0569dc8448ec1367fb82a71ae2061a017518e0e4178053061",
};

const ramps = new Map<RampName, Rgb[]>();

/** The colour of a fraction 0 to 1. */
export function rampColor(name: RampName, t: number): Rgb {
  const stops = ramps.get(name) ?? unpack(name);
  const place = Math.min(1, Math.max(0, t)) * (stops.length - 1);
  const first = Math.min(Math.floor(place), stops.length - 2);
  const [a, b] = [stops[first] as Rgb, stops[first + 1] as Rgb];
  const mixed = a.map((v, i) => Math.round(v + (place - first) * ((b[i] ?? v) - v)));
  return mixed as unknown as Rgb;
}

function unpack(name: RampName): Rgb[] {
  const text = STOPS[name];
  const stops = Array.from({ length: text.length / DIGITS }, (_, i) => {
    const value = Number.parseInt(text.slice(DIGITS * i, DIGITS * (i + 1)), 16);
    return [(value >> 16) & 255, (value >> 8) & 255, value & 255] as const;
  });
  ramps.set(name, stops);
  return stops;
}
