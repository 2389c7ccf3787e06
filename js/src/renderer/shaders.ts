// Programs of the graphics card.

export const VERTEX = `#version 300 es
in vec2 a;
in vec2 b;
in vec4 color;
uniform vec4 placeA;
uniform vec4 placeB;
uniform float mixing;
uniform float size;
uniform float opacity;
out vec4 shade;
void main() {
  vec2 from = placeA.zw + placeA.xy * a;
  vec2 to = placeB.zw + placeB.xy * b;
  gl_Position = vec4(mix(from, to, mixing), 0.0, 1.0);
  gl_PointSize = size;
  float strength = opacity * color.a;
  shade = vec4(color.rgb * strength, strength);
}`;

// The edge of a disc fades over one pixel; colours are premultiplied.
export const FRAGMENT = `#version 300 es
precision highp float;
in vec4 shade;
uniform float size;
out vec4 result;
void main() {
  float distance = length(gl_PointCoord - 0.5) * size;
  float cover = clamp(0.5 * size - distance + 0.5, 0.0, 1.0);
  result = shade * cover;
}`;
