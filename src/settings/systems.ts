import { ComboboxOption } from '@grafana/ui';
import declared from './systems.json';
import { merge } from './change';
import { Source } from './settings';

/** What a system declares of itself in the backend, whose words these are: pkg/source. The list is written by it. */
export interface System {
  type: string;
  name: string;
  summary: string;
  /** The kinds of events that are read; none: it only tells. */
  reads: string[];
  rows: SystemField[][];
  access?: Access;
  permissions: Permission[];
  webhook?: Webhook;
}

/** One key of a system's settings. */
export interface SystemField {
  /** Within the source, such as deployments.from. */
  key: string;
  kind: 'text' | 'address' | 'pattern' | 'list' | 'globs' | 'choice' | 'flag' | 'rules';
  /** Without one, it is in files only. */
  label?: string;
  description?: string;
  default?: string;
  example?: string;
  /** The default first. */
  choices?: Option[];
  /** Whether the default is written too. */
  stated?: boolean;
  when?: When;
  /** What has to be there. */
  required?: string;
  form?: { pattern: string; allowed: string };
  /** What follows from leaving it empty. */
  empty?: string;
  width?: number;
  lines?: number;
  /** Those of each entry, of rules; their keys, and those of their conditions, are within the entry. */
  fields?: SystemField[];
}

/** A choice; the backend gives each a description. */
export type Option = ComboboxOption & { label: string; description: string };

/** Something is there only where another field has one of some values. */
export interface When {
  key: string;
  values: string[];
}

/** How a system lets us in: by one of several ways, the first unless something of another is configured. */
export interface Access {
  label?: string;
  description?: string;
  ways: Way[];
}

export interface Way extends Option {
  /** What sentences call it. */
  noun?: string;
  fields: SystemField[];
  secrets: SystemSecret[];
}

export interface SystemSecret {
  name: string;
  label: string;
  description: string;
  /** Whether it has several lines, such as a key. */
  long?: boolean;
}

export interface Permission {
  name: string;
  when?: When;
}

/** What a system that sends webhooks is told. */
interface Webhook {
  place: string;
  template: string;
  events?: Array<{ name: string; when?: When }>;
}

export const systems = declared as System[];

export const sourceTypes: Option[] = systems.map(({ type, name, summary }) => ({
  value: type,
  label: name,
  description: summary,
}));

export function systemOf(type: string): System | undefined {
  return systems.find((system) => system.type === type);
}

/** All fields of a system, those of ways in too. */
export function allFields(system: System): SystemField[] {
  return [...system.rows.flat(), ...(system.access?.ways ?? []).flatMap(({ fields }) => fields)];
}

/** A field by its key, those of entries of rules by keys such as deployments.rules[0].from. */
export function fieldAt(system: System, key: string): SystemField | undefined {
  const [, list, inner] = /^(.*)\[\d+\]\.(.*)$/.exec(key) ?? [];
  return list === undefined
    ? allFields(system).find((field) => field.key === key)
    : fieldAt(system, list)?.fields?.find((field) => field.key === inner);
}

/** An entry of rules is judged and drawn as a source of a system that has its fields. */
export function systemWithin(system: System, { fields = [] }: SystemField): System {
  return { ...system, rows: [fields], access: undefined };
}

/** The entries of a field of rules, each as a source of systemWithin. */
export function entriesOf(source: Source, { key }: SystemField): Source[] {
  return (valueAt(source, key) as Source[] | undefined) ?? [];
}

type Part = Record<string, unknown>;

/** What lies at a key such as deployments.from. */
export function valueAt(source: Source, key: string): unknown {
  return key.split('.').reduce<unknown>((at, step) => (at as Part | undefined)?.[step], source);
}

/** Whether the object is there that a key is in. */
export function isWithin(source: Source, key: string): boolean {
  const dot = key.lastIndexOf('.');
  return dot < 0 || valueAt(source, key.slice(0, dot)) !== undefined;
}

/** The source with another value at a key. Without a value, the key goes, and what it leaves empty. */
export function withValue(source: Source, key: string, value: unknown): Source {
  const put = (part: Part, [step, ...rest]: string[]): Part =>
    merge(part, { [step]: rest.length > 0 ? put((part[step] ?? {}) as Part, rest) : value });
  return put(source as unknown as Part, key.split('.')) as unknown as Source;
}

/** Whether a condition is met, by what is chosen or by the default. */
export function holds(system: System, source: Source, when: When | undefined): boolean {
  return when === undefined || when.values.includes(chosen(system, source, when.key));
}

/** Whether a condition is met by the source, or by any entry of its rules. */
export function holdsAnywhere(system: System, source: Source, when: When | undefined): boolean {
  return (
    when === undefined ||
    holds(system, source, when) ||
    allFields(system)
      .filter(({ kind }) => kind === 'rules')
      .some((rules) => {
        const above = rules.key.replace(/[^.]*$/, '');
        const key = when.key.slice(above.length);
        const ruled = when.key.startsWith(above) && rules.fields?.some((field) => field.key === key);
        const within = systemWithin(system, rules);
        return ruled && entriesOf(source, rules).some((entry) => holds(within, entry, { ...when, key }));
      })
  );
}

/** What a choice is, its default included. */
export function chosen(system: System, source: Source, key: string): string {
  const field = allFields(system).find((each) => each.key === key);
  return (valueAt(source, key) as string | undefined) || field?.choices?.[0].value || '';
}

/** The source with another choice. What belongs to the one before goes. */
export function withChoice(
  system: System,
  source: Source,
  { key, choices, stated }: SystemField,
  value: string
): Source {
  const next = withValue(source, key, value === choices?.[0].value && !stated ? undefined : value);
  return allFields(system)
    .filter(({ when }) => when?.key === key && !holds(system, next, when))
    .reduce((left, field) => withValue(left, field.key, undefined), next);
}

/** The way in that is configured: another than the first where one of its keys or secrets is there. */
export function wayOf({ ways }: Access, source: Source, hasSecret: (name: string) => boolean): Way {
  const taken = ({ fields, secrets }: Way) =>
    fields.some(({ key }) => valueAt(source, key) !== undefined) || secrets.some(({ name }) => hasSecret(name));
  return ways.slice(1).find(taken) ?? ways[0];
}

/** The source with another way in: its keys are there to be filled in, and those of the others go. */
export function withWay({ ways }: Access, source: Source, way: Way): Source {
  return ways
    .flatMap(({ fields, value }) => fields.map(({ key }) => ({ key, value })))
    .reduce((next, { key, value }) => withValue(next, key, value === way.value ? '' : undefined), source);
}
