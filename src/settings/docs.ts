/** The address of a page of the documentation, such as configure, and of a section in it. */
export function docs(page: string, section = ''): string {
  return `https://github.com/livedora/dora-datasource/blob/main/docs/${page}.md${section && `#${section}`}`;
}
