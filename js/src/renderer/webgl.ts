// Draws points with WebGL2 into the shared context and copies the picture into the view's canvas.

import type { Affine } from "./camera";
import type { Cloud } from "./cloud";
import { type Program, type Shared, sharedContext } from "./context";
import { ONE, type Paint } from "./paint";
import type { Painter, Scene } from "./painter";

/** undefined when there is no WebGL2, or only an emulation. `redraw` is called when a lost context is back. */
export function webglPainter(redraw: () => void): Painter | undefined {
  const shared = sharedContext();
  return shared === null ? undefined : new WebglPainter(shared, redraw);
}

const COLOR = 2;
const GROW = 3;
const ORDER = 4;

/** What is not yet, or no longer, on the graphics card. */
const allStale = () => ({
  clouds: [true, true],
  rgba: true,
  sizes: true,
  order: true,
});

class WebglPainter implements Painter {
  readonly kind = "webgl";
  // Kept on this side too: a lost context is rebuilt from them.
  private readonly clouds: [Cloud | null, Cloud | null] = [null, null];
  private paint: Paint | null = null;
  private stale = allStale();
  private buffers: WebGLBuffer[] = [];
  private layout: WebGLVertexArrayObject | null = null;

  constructor(
    private readonly shared: Shared,
    private readonly redraw: () => void,
  ) {
    shared.clients.add(this);
  }

  get isReady(): boolean {
    return this.shared.program !== null;
  }

  setCloud(slot: 0 | 1, cloud: Cloud): void {
    this.clouds[slot] = cloud;
    this.stale.clouds[slot] = true;
  }

  setPaint(paint: Paint): void {
    const old = this.paint;
    this.paint = paint;
    this.stale.rgba ||= old?.rgba !== paint.rgba;
    this.stale.sizes ||= old?.sizes !== paint.sizes;
    this.stale.order ||= old?.order !== paint.order;
  }

  draw(target: CanvasRenderingContext2D, scene: Scene): void {
    const { shared, paint } = this;
    const { program, gl } = shared;
    const width = Math.round(scene.width * scene.ratio);
    const height = Math.round(scene.height * scene.ratio);
    const first = this.clouds[0] ?? this.clouds[1];
    if (program === null || width === 0 || height === 0) return;
    target.clearRect(0, 0, width, height);
    // Never fewer colours than points: a draw call would fail.
    if (first === null || paint === null || paint.n !== first.n) return;
    shared.grow(width, height);
    this.upload(gl, paint);
    begin(gl, width, height);
    gl.useProgram(program.handle);
    setUniforms(gl, program, scene);
    const others = paint.n - paint.marked;
    gl.drawElements(gl.POINTS, others, gl.UNSIGNED_INT, 0);
    if (paint.marked > 0) {
      gl.uniform1f(program.opacity, scene.markedOpacity);
      gl.drawElements(gl.POINTS, paint.marked, gl.UNSIGNED_INT, 4 * others);
    }
    gl.bindVertexArray(null);
    const top = shared.canvas.height - height;
    target.drawImage(shared.canvas, 0, top, width, height, 0, 0, width, height);
  }

  lost(): void {
    this.buffers = [];
    this.layout = null;
    this.stale = allStale();
  }

  restored(): void {
    this.redraw();
  }

  close(): void {
    const { gl, clients } = this.shared;
    clients.delete(this);
    for (const buffer of this.buffers) gl.deleteBuffer(buffer);
    gl.deleteVertexArray(this.layout);
  }

  private upload(gl: WebGL2RenderingContext, paint: Paint): void {
    if (this.layout === null) {
      this.layout = gl.createVertexArray();
      this.buffers = [0, 1, 2, 3, 4].map(() => gl.createBuffer());
    }
    gl.bindVertexArray(this.layout);
    this.uploadCloud(gl, 0);
    this.uploadCloud(gl, 1);
    if (this.stale.rgba) {
      fill(gl, gl.ARRAY_BUFFER, this.buffers[COLOR], paint.rgba);
      gl.enableVertexAttribArray(COLOR);
      gl.vertexAttribPointer(COLOR, 4, gl.UNSIGNED_BYTE, true, 0, 0);
    }
    if (this.stale.sizes) this.uploadSizes(gl, paint.sizes);
    // The value for all points is the context's, which every view shares: set for each drawing.
    gl.vertexAttrib1f(GROW, ONE / 255);
    if (this.stale.order)
      fill(gl, gl.ELEMENT_ARRAY_BUFFER, this.buffers[ORDER], paint.order);
    this.stale.rgba = this.stale.sizes = this.stale.order = false;
  }

  private uploadSizes(gl: WebGL2RenderingContext, sizes: Paint["sizes"]): void {
    if (sizes === null) {
      gl.disableVertexAttribArray(GROW);
      return;
    }
    fill(gl, gl.ARRAY_BUFFER, this.buffers[GROW], sizes);
    gl.enableVertexAttribArray(GROW);
    gl.vertexAttribPointer(GROW, 1, gl.UNSIGNED_BYTE, true, 0, 0);
  }

  private uploadCloud(gl: WebGL2RenderingContext, slot: 0 | 1): void {
    if (!this.stale.clouds[slot]) return;
    const cloud = this.clouds[slot] ?? this.clouds[slot === 0 ? 1 : 0];
    if (cloud === null) return;
    const isFraction = cloud.data instanceof Uint16Array;
    fill(gl, gl.ARRAY_BUFFER, this.buffers[slot], cloud.data);
    gl.enableVertexAttribArray(slot);
    const type = isFraction ? gl.UNSIGNED_SHORT : gl.FLOAT;
    gl.vertexAttribPointer(slot, 2, type, isFraction, 0, 0);
    this.stale.clouds[slot] = false;
  }
}

/** An empty picture of this size in a corner of the shared canvas. */
function begin(gl: WebGL2RenderingContext, width: number, height: number): void {
  gl.viewport(0, 0, width, height);
  gl.enable(gl.SCISSOR_TEST);
  gl.scissor(0, 0, width, height);
  gl.clearColor(0, 0, 0, 0);
  gl.clear(gl.COLOR_BUFFER_BIT);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
}

function fill(
  gl: WebGL2RenderingContext,
  kind: number,
  buffer: WebGLBuffer | undefined,
  data: ArrayBufferView<ArrayBuffer>,
): void {
  gl.bindBuffer(kind, buffer ?? null);
  gl.bufferData(kind, data, gl.DYNAMIC_DRAW);
}

function setUniforms(gl: WebGL2RenderingContext, program: Program, scene: Scene): void {
  gl.uniform4f(program.placeA, ...toClip(scene.places[0], scene));
  gl.uniform4f(program.placeB, ...toClip(scene.places[1], scene));
  gl.uniform1f(program.mixing, scene.mix);
  gl.uniform1f(program.size, scene.pointSize * scene.ratio);
  gl.uniform1f(program.opacity, scene.opacity);
}

/** From pixels, y down, to the square from -1 to 1, y up. */
function toClip(place: Affine, scene: Scene): [number, number, number, number] {
  const x = 2 / scene.width;
  const y = -2 / scene.height;
  return [place.sx * x, place.sy * y, place.ox * x - 1, place.oy * y + 1];
}
