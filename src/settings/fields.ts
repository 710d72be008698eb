import { merge } from './change';
import { Faults } from './validate';

/** Where a part of the settings is, as in the names of faults, and whether it can be changed. */
export interface Place {
  path: string;
  faults: Faults;
  readOnly: boolean;
}

/** The fields of a part of the settings. */
export type FieldsOf<T extends object> = ReturnType<typeof fieldsOf<T>>;

/** For each key of a part of the settings what its control needs: value, fault, and what becomes of a change. */
export function fieldsOf<T extends object>(part: T, { path, faults, readOnly }: Place, onChange: (part: T) => void) {
  return <K extends keyof T & string>(key: K) => ({
    value: part[key],
    error: faults[path === '' ? key : `${path}.${key}`],
    disabled: readOnly,
    onChange: (value: T[K]) => onChange(merge<T>({ ...part, [key]: value }, {})),
  });
}
