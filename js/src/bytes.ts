// Bytes on their way.

/** Bytes as a host may hand them over: a view into a larger buffer, or base64 text. */
export type Bytes = ArrayBuffer | ArrayBufferView | string;
