// Hands a file to the reader: a Blob and a click on a link, which works without any server.

/** How long a browser may take to begin reading what a link points to, in milliseconds. */
const KEPT = 30_000;

/** Downloads `content` as a file called `name`. `type` is the media type of text. */
export function download(
  name: string,
  content: Blob | string,
  type = "text/plain;charset=utf-8",
): void {
  const blob = typeof content === "string" ? new Blob([content], { type }) : content;
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = fileName(name);
  link.hidden = true;
  // Firefox follows only links that stand in the document.
  document.body.append(link);
  // A notebook listens for clicks on links; this one is none of its business.
  link.addEventListener("click", (event) => event.stopPropagation());
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), KEPT);
}

/** A name that every file system takes: a title may hold slashes, colons and worse. */
export function fileName(name: string): string {
  const safe = name
    .normalize("NFKC")
    .replace(/[^\p{L}\p{N}._ -]+/gu, "-")
    .replace(/^[-. ]+|[-. ]+$/g, "")
    .slice(-120);
  return safe === "" ? "nbembed" : safe;
}
