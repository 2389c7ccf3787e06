// Programs of the graphics card.

// `grow` is the fraction 0 to 1 that stands for a factor of 0 to 5.
export const VERTEX = `#version 300 es
in vec2 a;
in vec2 b;
in vec4 color;
in float grow;
uniform vec4 placeA;
uniform vec4 placeB;
uniform float mixing;
uniform float size;
uniform float opacity;
out vec4 shade;
flat out float diameter;
void main() {
  vec2 from = placeA.zw + placeA.xy * a;
  vec2 to = placeB.zw + placeB.xy * b;
  gl_Position = vec4(mix(from, to, mixing), 0.0, 1.0);
  diameter = size * grow * 5.0;
  gl_PointSize = diameter;
  float strength = opacity * color.a;
  shade = vec4(color.rgb * strength, strength);
}`;

// The edge of a disc fades over one pixel; colours are premultiplied.
export const FRAGMENT = `#version 300 es
precision highp float;
in vec4 shade;
flat in float diameter;
out vec4 result;
void main() {
  float distance = length(gl_PointCoord - 0.5) * diameter;
  float cover = clamp(0.5 * diameter - distance + 0.5, 0.0, 1.0);
  result = shade * cover;
}`;
