import { oneOf, quoted, regexp, url } from './checks';
import { Source } from './settings';
import { entriesOf, holds, isWithin, SystemField, System, systemOf, systemWithin, valueAt, Way } from './systems';

/** Faults of a source's own settings, by their keys: what its system's declaration tells. */
export function faultsOfSource(source: Source): Record<string, string | undefined> {
  const system = systemOf(source.type);
  if (system === undefined) {
    return {};
  }
  const fields = system.rows.flat().map((field) => [field.key, faultOf(field, system, source)]);
  const ways = (system.access?.ways ?? []).slice(1).filter(({ fields }) => fields.some(isGiven(source)));
  const entries = ways.flatMap((way) =>
    way.fields.map((field) => [field.key, missing(field, way, source) ?? faultOf(field, system, source)])
  );
  const ruled = system.rows
    .flat()
    .flatMap((field) => (field.kind === 'rules' ? faultsOfRules(field, system, source) : []));
  return Object.fromEntries([...fields, ...entries, ...ruled]);
}

/** Each entry of rules is judged as a source of its own. */
function faultsOfRules(field: SystemField, system: System, source: Source): Array<[string, string | undefined]> {
  const within = systemWithin(system, field);
  return entriesOf(source, field).flatMap((entry, index) =>
    (field.fields ?? []).map((each): [string, string | undefined] => [
      `${field.key}[${index}].${each.key}`,
      faultOf(each, within, entry),
    ])
  );
}

function isGiven(source: Source) {
  return ({ key }: SystemField) => valueAt(source, key) !== undefined;
}

/** A way in is configured wholly. */
function missing({ key }: SystemField, { noun, fields, secrets }: Way, source: Source): string | undefined {
  const parts = [
    ...fields.map((field) => field.key),
    ...secrets.map(({ name }) => `the secret sources.${source.id}.${name}`),
  ];
  const whole = [parts.slice(0, -1).join(', '), ...parts.slice(-1)].filter(Boolean).join(' and ');
  return valueAt(source, key) ? undefined : `is missing; ${noun} needs ${whole}`;
}

function faultOf(field: SystemField, system: System, source: Source): string | undefined {
  if (!holds(system, source, field.when)) {
    return undefined;
  }
  const value = valueAt(source, field.key);
  const fault = value === '' ? undefined : valueFault(field, value);
  return fault ?? (isEmpty(field, value) && isWithin(source, field.key) ? requirement(field) : undefined);
}

function requirement({ required }: SystemField): string | undefined {
  return required && `is missing; allowed: ${required}`;
}

/** Where ! leaves out, at least one has to be let in. */
function isEmpty({ kind }: SystemField, value: unknown): boolean {
  return Array.isArray(value) ? !value.some((each) => kind !== 'globs' || !String(each).startsWith('!')) : !value;
}

function valueFault({ kind, form, choices = [] }: SystemField, value: unknown): string | undefined {
  if (kind === 'rules') {
    return undefined; // each entry for itself
  }
  if (Array.isArray(value)) {
    const wrong = value.find((each) => !fits(form, each));
    return wrong === undefined ? undefined : `${quoted(wrong)}is not allowed; allowed: ${form?.allowed}`;
  }
  if (typeof value !== 'string') {
    return undefined;
  }
  const judges: Partial<Record<SystemField['kind'], (text: string) => string | undefined>> = {
    address: url,
    pattern: regexp,
    choice: (text) => oneOf(text, choices),
  };
  return judges[kind]?.(value) ?? (fits(form, value) ? undefined : `is not allowed; allowed: ${form?.allowed}`);
}

function fits(form: SystemField['form'], text: string): boolean {
  return form === undefined || new RegExp(form.pattern).test(text);
}
