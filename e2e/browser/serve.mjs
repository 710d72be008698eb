import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

const root = process.cwd();
const here = path.join(root, 'e2e/browser');

/** The folder in whose node_modules Grafana's libraries are: those that the plugin is written against, or a newer Grafana's. */
const libraries = path.resolve(root, process.env.GRAFANA_LIBRARIES || '.');
const icons = path.join(libraries, 'node_modules/@grafana/ui/dist/public/img/icons');

/** Grafana's shared modules in one script. `@grafana/*` comes as CommonJS: as ES modules some of its parts do not load. */
async function hostScript() {
  const result = await build({
    stdin: {
      contents: await readFile(path.join(here, 'host.js'), 'utf8'),
      sourcefile: 'host.js',
      resolveDir: libraries,
    },
    bundle: true,
    write: false,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    loader: { '.svg': 'dataurl', '.ttf': 'dataurl' },
    outfile: 'host.js',
    logLevel: 'error',
    plugins: [
      {
        name: 'grafana-as-commonjs',
        setup({ onResolve, resolve }) {
          onResolve(
            { filter: /^@grafana\/(data|runtime|ui|schema|i18n)$/ },
            ({ path: name, resolveDir, pluginData }) =>
              pluginData === 'resolved'
                ? undefined
                : resolve(name, { kind: 'require-call', resolveDir, pluginData: 'resolved' })
          );
        },
      },
    ],
  });
  return result.outputFiles.find((file) => file.path.endsWith('.js')).text;
}

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** For icons that Grafana has and its package does not. */
const emptyIcon = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"/>';

/** What a `values` query is answered with. */
const services = ['payments', 'prescriptions', 'triage'];

/** Serves the page, the shipped bundle, Grafana's icons and a backend. `asked` collects the queries it was sent. */
export async function serve() {
  const script = await hostScript();
  const asked = [];
  const backend = { broken: false, resources: {} };

  const answer = async (request) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/') {
      return { type: '.html', body: await readFile(path.join(here, 'page.html')) };
    }
    if (pathname === '/host.js') {
      return { type: '.js', body: script };
    }
    if (/^\/(plugin|public\/plugins\/livedora-dora-datasource)\//.test(pathname)) {
      return { type: path.extname(pathname), body: await readFile(path.join(root, 'dist', path.basename(pathname))) };
    }
    if (pathname.startsWith('/public/build/img/icons/')) {
      const icon = path.join(icons, path.normalize(pathname.slice('/public/build/img/icons/'.length)));
      return { type: '.svg', body: await readFile(icon).catch(() => emptyIcon) };
    }
    if (pathname.startsWith('/public/fonts/')) {
      return { status: 204, type: '.woff2' }; // Grafana's own fonts are not on npm
    }
    if (pathname === '/api/ds/query' && !backend.broken) {
      let text = '';
      for await (const chunk of request) {
        text += chunk;
      }
      const { queries } = JSON.parse(text);
      asked.push(...queries);
      const frame = { schema: { fields: [{ name: 'value', type: 'string' }] }, data: { values: [services] } };
      const results = Object.fromEntries(queries.map(({ refId }) => [refId, { status: 200, frames: [frame] }]));
      return { type: '.map', body: JSON.stringify({ results }) };
    }
    if (pathname.startsWith('/api/datasources/uid/livedora/resources/')) {
      const told = backend.resources[pathname.slice('/api/datasources/uid/livedora/resources/'.length)];
      if (told) {
        return { type: '.map', body: JSON.stringify(told) };
      }
    }
    throw new Error(`nothing at ${pathname}`);
  };

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status = 200, type, body }) => response.writeHead(status, { 'Content-Type': types[type] }).end(body),
      (error) => response.writeHead(404).end(error.message)
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    asked,
    backend,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
