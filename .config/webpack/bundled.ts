import { mkdirSync, writeFileSync } from 'fs';
import path from 'path';
import type { Compiler, Module } from 'webpack';

/** A package of which something is in the bundle. */
interface Bundled {
  name: string;
  directory: string;
}

/** The package of a file below node_modules, the innermost one; undefined for files of our own. */
export function packageOf(file: string): Bundled | undefined {
  const parts = file.split(path.sep);
  const at = parts.lastIndexOf('node_modules');
  if (at < 0) {
    return undefined;
  }
  const end = at + (parts[at + 1].startsWith('@') ? 3 : 2);
  return { name: parts.slice(at + 1, end).join('/'), directory: parts.slice(0, end).join(path.sep) };
}

/**
 * Writes down which packages are in the bundle, for the third-party notices: those of its modules, not those of
 * package.json, most of which build, test or are Grafana's. What webpack puts in to load modules is webpack's.
 */
export class ListBundled {
  constructor(
    private readonly root: string,
    private readonly file: string
  ) {}

  apply(compiler: Compiler) {
    compiler.hooks.afterEmit.tap('ListBundled', (compilation) => {
      const found = new Map<string, Bundled>();
      const take = (bundled: Bundled | undefined) => bundled && found.set(bundled.directory, bundled);
      const walk = (modules: Iterable<Module>) => {
        for (const each of modules) {
          if (each.type === 'runtime') {
            take({ name: 'webpack', directory: path.join(this.root, 'node_modules', 'webpack') });
          }
          const file = each.nameForCondition?.();
          take(file ? packageOf(file) : undefined);
          walk((each as { modules?: Iterable<Module> }).modules ?? []); // of several that were joined
        }
      };
      walk(compilation.modules);
      const list = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      const file = path.resolve(this.root, this.file);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(list, null, 2) + '\n');
    });
  }
}
