import { cpSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitepress';

const root = path.resolve(import.meta.dirname, '../..');
const text = (name: string) => readFileSync(path.join(root, name), 'utf8');
const { version } = JSON.parse(text('package.json'));
const readme = text('README.md');
const repository = 'https://github.com/livedora/dora-datasource';

/** The pages in the order in which the README leads to them. */
const pages = [...readme.matchAll(/^\| (\[.*?)\|/gm)].flatMap(([, cell]) =>
  [...cell.matchAll(/\[([^\]]+)\]\(((?:docs\/)?[\w/-]+)\.md\)/g)].map(([, name, page]) => ({
    text: name,
    link: `/${page.replace(/README$/, '')}`,
  }))
);

const heading = (page: string) => text(page).match(/^# (.+)$/m)![1];
const folder = (name: string) =>
  readdirSync(path.join(root, name))
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => ({ text: heading(`${name}/${file}`), link: `/${name}/${file.slice(0, -3)}` }));

/** Where a link of a page leads, as seen from the repository's root. */
const target = (page: string, href: string) => path.posix.join(path.posix.dirname(page), href.split('#')[0]);

// Pages are built from a copy within this folder, where what they are built with is found.
const copy = path.join(root, 'site/.pages');
rmSync(copy, { recursive: true, force: true });
for (const name of ['README.md', 'CHANGELOG.md', 'docs']) {
  cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
}

export default defineConfig({
  title: 'Live DORA',
  description: 'DORA metrics, live in Grafana',
  lang: 'en-GB',
  base: process.env.SITE_BASE ?? '/',
  srcDir: '.pages',
  outDir: path.join(root, '.cache/site'),
  cacheDir: path.join(root, '.cache/vitepress'),
  rewrites: { 'README.md': 'index.md', 'docs/adr/README.md': 'docs/adr/index.md' },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: `Version ${version}`, link: '/CHANGELOG' },
      { text: 'Source', link: repository },
    ],
    sidebar: [
      { text: 'Live DORA', items: [{ text: 'At a glance', link: '/' }, ...pages] },
      { text: 'Systems', collapsed: true, items: folder('docs/sources') },
      { text: 'Decisions', collapsed: true, items: folder('docs/adr') },
    ],
  },
  markdown: {
    // Headings are named as forges name them, by which pages lead to each other.
    anchor: {
      slugify: (heading) =>
        heading
          .toLowerCase()
          .replace(/[^\p{L}\p{N} _-]/gu, '')
          .replaceAll(' ', '-'),
    },
    config: (md) => {
      // Two braces are two braces, not a template's.
      md.renderer.rules.text = (tokens, at) => md.utils.escapeHtml(tokens[at].content).replaceAll('{{', '&#123;&#123;');
      // What is no page leads to the repository, and pictures lie beside their page.
      md.core.ruler.push('of-the-repository', ({ tokens, env }) => {
        for (const token of tokens.flatMap((each) => [each, ...(each.children ?? [])])) {
          if (token.type === 'html_block') {
            token.content = token.content.replace(/(src|srcset)="(docs|img)\//g, '$1="./$2/');
          }
          if (token.type === 'html_inline' && !token.content.startsWith('<!--')) {
            token.type = 'text'; // a name in angle brackets, which a forge shows as it is
          }
          const href = token.type === 'link_open' ? token.attrGet('href')! : '';
          if (href && !/^(\w+:|#)/.test(href) && !/\.md(#|$)/.test(href)) {
            token.attrSet('href', `${repository}/blob/main/${target(env.relativePath, href)}`);
          } else if (/(^|\/)README\.md(#|$)/.test(href) && !href.startsWith('http')) {
            token.attrSet('href', href.replace('README.md', 'index.md'));
          }
        }
      });
    },
  },
});
