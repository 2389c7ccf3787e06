// The one WebGL2 context of the page. Browsers allow about 16; a notebook may show more maps.

import { FRAGMENT, VERTEX } from "./shaders";

export interface Program {
  handle: WebGLProgram;
  placeA: WebGLUniformLocation | null;
  placeB: WebGLUniformLocation | null;
  mixing: WebGLUniformLocation | null;
  size: WebGLUniformLocation | null;
  opacity: WebGLUniformLocation | null;
}

export const ATTRIBUTES = ["a", "b", "color", "grow"] as const;

export class Shared {
  program: Program | null = null;
  /** Told when everything on the graphics card is gone, and when it can be built again. */
  readonly clients = new Set<{ lost(): void; restored(): void }>();

  private constructor(
    readonly canvas: HTMLCanvasElement,
    readonly gl: WebGL2RenderingContext,
  ) {
    this.program = link(gl);
    // These two listeners live as long as the page, like the context itself.
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.program = null;
      for (const client of this.clients) client.lost();
    });
    canvas.addEventListener("webglcontextrestored", () => {
      this.program = link(gl);
      for (const client of this.clients) client.restored();
    });
  }

  static create(): Shared | null {
    const canvas = document.createElement("canvas");
    const gl = canvas.getContext("webgl2", {
      alpha: true,
      antialias: false,
      depth: false,
      premultipliedAlpha: true,
    });
    if (gl === null || isEmulated(gl)) return null;
    const shared = new Shared(canvas, gl);
    return shared.program === null ? null : shared;
  }

  /** Makes the canvas at least this large. It never shrinks: views of other sizes share it. */
  grow(width: number, height: number): void {
    if (this.canvas.width < width) this.canvas.width = width;
    if (this.canvas.height < height) this.canvas.height = height;
  }
}

// Every widget loads its own copy of this module, so a variable of the module is not shared.
const KEY = Symbol.for("nbembed.context.2");
const page = globalThis as { [KEY]?: Shared | null };

/** null when this browser has no WebGL2 worth using. */
export function sharedContext(): Shared | null {
  // Asked for once a page: each question makes a context, even where the answer is no.
  if (page[KEY] === undefined) page[KEY] = Shared.create();
  return page[KEY];
}

/** This processor plays the graphics card: our own sums are faster, see `canvas.ts`. */
function isEmulated(gl: WebGL2RenderingContext): boolean {
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = names === null ? "" : gl.getParameter(names.UNMASKED_RENDERER_WEBGL);
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(String(renderer));
}

function link(gl: WebGL2RenderingContext): Program | null {
  const handle = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind);
    if (shader === null) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(handle, shader);
  }
  ATTRIBUTES.forEach((name, i) => {
    gl.bindAttribLocation(handle, i, name);
  });
  gl.linkProgram(handle);
  if (!gl.getProgramParameter(handle, gl.LINK_STATUS)) return null;
  const at = (name: string) => gl.getUniformLocation(handle, name);
  return {
    handle,
    placeA: at("placeA"),
    placeB: at("placeB"),
    mixing: at("mixing"),
    size: at("size"),
    opacity: at("opacity"),
  };
}
