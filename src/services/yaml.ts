import type { Document } from 'yaml';
import { Service } from '../settings/settings';
import { Read, TextForm, Wrong } from './reading';
import { serviceShape, Shape } from './shape';

/** As a provisioning file has them: the list below `services`, or the list alone. */
export const yaml: TextForm = {
  name: 'YAML',
  ending: 'yaml',
  mime: 'application/yaml',
  async write(services) {
    const { scalarOptions, stringify } = await library();
    scalarOptions.str.fold.lineWidth = 0;
    return stringify({ services });
  },
  async read(text) {
    const { parseDocument } = await library();
    return readDocument(parseDocument(text, { schema: 'failsafe', prettyErrors: true }), text);
  },
};

/** Loaded when it is needed: panels have no use for it. */
async function library() {
  const loaded = await import('yaml');
  return 'default' in loaded ? (loaded.default as typeof loaded) : loaded;
}

interface Node {
  type?: string;
  range?: [number, number] | null;
  value?: unknown;
  items?: Array<Node & { key?: Node; value?: Node }>;
  source?: Node;
}

function readDocument(document: Document.Parsed, text: string): Read {
  // The first: those after it often follow from it.
  const wrong: Wrong[] = document.errors.slice(0, 1).map((error) => ({
    line: error.linePos?.start.line ?? 1,
    says: error.message.split('\n')[0].replace(/ at line \d+, column \d+:?$/, ''),
  }));
  const lines = new Map<string, number>();
  if (wrong.length > 0) {
    return { services: [], says: [], wrong, lines };
  }
  const lineAt = (node: Node | null | undefined) => text.slice(0, node?.range?.[0] ?? 0).split('\n').length;

  const read = (given: Node | null | undefined, shape: Shape, path: string): unknown => {
    const node = given?.type === 'ALIAS' ? given.source : given;
    lines.set(path, lineAt(given));
    const refuse = (allowed: string) => {
      wrong.push({ line: lineAt(given), says: `${path.split('.').at(-1)} is not allowed so; allowed: ${allowed}` });
      return undefined;
    };
    if (isNothing(node)) {
      return undefined;
    }
    if (shape === 'text') {
      return typeof node!.value === 'string' && !node!.items ? node!.value : refuse('a text');
    }
    if (shape === 'texts' || Array.isArray(shape)) {
      const of = shape === 'texts' ? 'text' : shape[0];
      return isList(node!)
        ? node!.items!.map((item, index) => read(item, of, `${path}[${index}]`)).filter((each) => each !== undefined)
        : refuse(shape === 'texts' ? 'a list of texts, one a line with - in front' : 'a list');
    }
    if (!isMap(node!)) {
      return refuse(shape === 'named' ? 'names with a text each' : `the keys ${Object.keys(shape).join(', ')}`);
    }
    const made: Record<string, unknown> = {};
    for (const pair of node!.items!) {
      const key = String(pair.key?.value);
      if (shape !== 'named' && !Object.hasOwn(shape, key)) {
        wrong.push({ line: lineAt(pair.key), says: `"${key}" is unknown; allowed: ${Object.keys(shape).join(', ')}` });
        continue;
      }
      const value = read(pair.value, shape === 'named' ? 'text' : shape[key], path === '' ? key : `${path}.${key}`);
      if (value !== undefined) {
        made[key] = value;
      }
    }
    return made;
  };

  const root = document.contents as Node | null;
  const list: Shape = [serviceShape];
  const whole = root && isList(root) ? { services: read(root, list, 'services') } : read(root, { services: list }, '');
  const services = ((whole as { services?: Service[] } | undefined)?.services ?? []).map((service) =>
    service.match ? service : complete(service)
  );
  return { services, says: Object.keys(serviceShape), wrong, lines };
}

/** A service with what it cannot be without, so that what is missing is told. */
function complete(service: Service): Service {
  return {
    ...service,
    name: service.name ?? '',
    ...(service.deployments && { deployments: service.deployments.map(withSource) }),
    ...(service.incidents && { incidents: service.incidents.map(withSource) }),
  };
}

function withSource<T extends { source: string }>(entry: T): T {
  return { ...entry, source: entry.source ?? '' };
}

function isNothing(node: Node | null | undefined): boolean {
  return !node || (node.type === 'PLAIN' && ['', '~', 'null'].includes(String(node.value ?? '')));
}

function isList(node: Node): boolean {
  return node.type === 'SEQ' || node.type === 'FLOW_SEQ';
}

function isMap(node: Node): boolean {
  return node.type === 'MAP' || node.type === 'FLOW_MAP';
}
