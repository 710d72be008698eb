import { Service } from '../settings/settings';
import { identity, Read, TextForm, Wrong } from './reading';
import { entryKinds, leaves, Plain, serviceShape } from './shape';

/** Which of its lists the rest of a row belongs to. */
const KIND = 'entry';

/** What each column holds. A row is one entry of a service; rows of one service repeat what it says itself. */
const ofService = leaves(serviceShape);
const ofEntry = new Map(entryKinds.flatMap(({ shape }) => leaves(shape)));
const columns = [...ofService.map(([key]) => key), KIND, ...ofEntry.keys()];

/** A table as spreadsheets have it. A list has one line each in its cell. */
export const csv: TextForm = {
  name: 'CSV',
  ending: 'csv',
  mime: 'text/csv',
  write: async (services) => [columns, ...services.flatMap(rowsOf)].map(written).join(''),
  read: async (text) => readTable(recordsOf(text)),
};

function rowsOf(service: Service): string[][] {
  const own = ofService.map(([key]) => cell(service, key));
  const rows = entryKinds.flatMap(({ kind, shape }) => {
    const has = new Set(leaves(shape).map(([key]) => key));
    return (service[kind] ?? []).map((entry) => [
      ...own,
      kind,
      ...[...ofEntry.keys()].map((key) => (has.has(key) ? cell(entry, key) : '')),
    ]);
  });
  return rows.length > 0 ? rows : [[...own, '', ...[...ofEntry.keys()].map(() => '')]];
}

/** A value at a path such as code.source, as a cell has it. */
export function cell(of: object, path: string): string {
  const value = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], of);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value)
      .map(([name, text]) => `${name}=${text}`)
      .join('\n');
  }
  return Array.isArray(value) ? value.join('\n') : String(value ?? '');
}

function written(row: string[]): string {
  return (
    row.map((text) => (/[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replace(/"/g, '""')}"` : text)).join(',') + '\n'
  );
}

interface Row {
  line: number;
  cells: string[];
}

/** The rows of a table, with commas, semicolons or tabs between its cells, whichever its first line has. */
export function recordsOf(text: string): { rows: Row[]; wrong: Wrong[] } {
  const rows: Row[] = [];
  const wrong: Wrong[] = [];
  const head = /^[^\r\n]*/.exec(text)![0];
  const separator = [',', ';', '\t'].find((each) => head.includes(each)) ?? ',';
  let row: Row = { line: 1, cells: [] };
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    let value = '';
    if (text[at] === '"') {
      const begun = line;
      for (at++; at < text.length && (text[at] !== '"' || text[at + 1] === '"'); at++) {
        line += Number(text[at] === '\n');
        value += text[at];
        at += Number(text[at] === '"');
      }
      if (at >= text.length) {
        wrong.push({ line: begun, says: 'a quotation mark begins here and does not end' });
      }
      at++;
    }
    const end = at + /^[^\r\n]*/.exec(text.slice(at, at + 100_000))![0].split(separator)[0].length;
    value += text.slice(at, end);
    row.cells.push(value.replace(/\r\n/g, '\n'));
    at = end;
    if (text[at] === separator) {
      at++;
      if (at === text.length) {
        row.cells.push('');
      }
    } else {
      at += text.startsWith('\r\n', at) ? 2 : 1;
      line++;
      rows.push(row);
      row = { line, cells: [] };
    }
  }
  if (row.cells.length > 0) {
    rows.push(row);
  }
  return { rows: rows.filter(({ cells }) => cells.some((each) => each.trim() !== '')), wrong };
}

function readTable({ rows, wrong }: { rows: Row[]; wrong: Wrong[] }): Read {
  const [head, ...body] = rows;
  const names = (head?.cells ?? []).map((name) => name.trim());
  const lines = new Map<string, number>();
  const services: Service[] = [];
  const places = new Map<string, number>();
  for (const name of names) {
    if (!columns.includes(name)) {
      wrong.push({ line: 1, says: `the column "${name}" is unknown; allowed: ${columns.join(', ')}` });
    }
  }
  if (!names.includes('name')) {
    wrong.push({ line: 1, says: 'the column name is missing; the first line names the columns' });
  }
  for (const { line, cells } of body) {
    if (cells.length > names.length) {
      wrong.push({ line, says: `${cells.length} cells are more than the ${names.length} columns` });
    }
    const value = (column: string) => (cells[names.indexOf(column)] ?? '').trim();
    const own = objectOf(ofService, value);
    const service = { ...('match' in own ? {} : { name: '' }), ...own } as Service;
    const place = places.get(identity(service)) ?? services.length;
    if (place === services.length) {
      services.push(service);
      places.set(identity(service), place);
      lines.set(`services[${place}]`, line);
    } else {
      const other = ofService.find(([key]) => cell(services[place], key) !== cell(service, key));
      if (other) {
        wrong.push({ line, says: `${other[0]} differs from that of "${service.name}" above` });
      }
    }
    const kind = value(KIND) || (value('source') && 'deployments');
    const entries = entryKinds.find((each) => each.kind === kind);
    if (entries) {
      const list = ((services[place] as unknown as Record<string, object[]>)[entries.kind] ??= []);
      lines.set(`services[${place}].${entries.kind}[${list.length}]`, line);
      const own = leaves(entries.shape);
      list.push({ ...(service.match ? {} : { source: '' }), ...objectOf(own, value) });
      for (const [key] of ofEntry) {
        if (value(key) !== '' && !own.some(([known]) => known === key)) {
          wrong.push({ line, says: `${key} is nothing that ${entries.kind} have` });
        }
      }
    } else if (kind !== '') {
      const allowed = entryKinds.map((each) => each.kind).join(', ');
      wrong.push({ line, says: `the ${KIND} "${kind}" is not allowed; allowed: ${allowed}` });
    }
  }
  const ownSaid = Object.keys(serviceShape).filter((key) => names.some((name) => name.split('.')[0] === key));
  const says = names.includes('source') ? [...ownSaid, ...entryKinds.map(({ kind }) => kind)] : ownSaid;
  return { services, says, wrong, lines };
}

function objectOf(keys: Array<[string, Plain]>, value: (column: string) => string): object {
  const made: Record<string, unknown> = {};
  for (const [path, of] of keys) {
    const text = value(path);
    if (text !== '') {
      const steps = path.split('.');
      const last = steps.pop()!;
      const parent = steps.reduce((at, key) => (at[key] ??= {}) as Record<string, unknown>, made);
      const items = text.split('\n').map((each) => each.trim());
      parent[last] = { text, texts: items.filter(Boolean), named: namedBy(items) }[of];
    }
  }
  return made;
}

/** Texts by names, each written as name=text. */
function namedBy(items: string[]): Record<string, string> {
  return Object.fromEntries(
    items.filter(Boolean).map((item) => {
      const [name, ...rest] = item.split('=');
      return [name.trim(), rest.join('=').trim()];
    })
  );
}
