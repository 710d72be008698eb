import { Match, Service } from './settings';

/** What every rule remembers of a repository. */
const KNOWN = ['repository', 'owner', 'name'];

/** What a rule can go by, in the order in which it is said. */
const KEYS = 'source, repository, group, topic, property, environment, tier, task, tagPrefix, path';

function wordsIn(text: string): string[] {
  return [...text.matchAll(/\{([a-zA-Z][a-zA-Z0-9]*)\}/g)].map(([, word]) => word);
}

function shapesOf({ property = {}, ...shapes }: Match): string[] {
  return [...Object.values(shapes), ...Object.values(property)].filter(Boolean);
}

/** What is wrong with an entry that is a rule, by the field, in the backend's words. */
export function faultsOfRule({ match = {}, ...rest }: Service): Record<string, string> {
  const faults: Record<string, string> = {};
  const { tagPrefix = '', tier = '', path = '' } = match;
  if (shapesOf(match).length === 0) {
    faults['match'] = `says nothing; allowed: at least one of ${KEYS}`;
  }
  if (/[*?]/.test(tagPrefix)) {
    faults['match.tagPrefix'] =
      `"${tagPrefix}" is not allowed: what it begins with must be told; allowed: text and {word}, such as {service}-v`;
  }
  if (/[*?{]/.test(tier)) {
    faults['match.tier'] = `"${tier}" is not allowed; allowed: a tier, such as production`;
  }
  if (path && !/^[^/*?!][^*?!]*\/\*\*$/.test(path)) {
    faults['match.path'] =
      `"${path}" is not allowed; allowed: the folders of services, from the repository's root, such as packages/{service}/**`;
  }
  const known = [...KNOWN, ...shapesOf(match).flatMap(wordsIn)];
  for (const [field, text] of textsOf(rest)) {
    const unknown = wordsIn(text).find((word) => !known.includes(word));
    if (unknown !== undefined) {
      faults[field] = `{${unknown}} is in no pattern of match; allowed: {${known.join('}, {')}}`;
    }
  }
  return faults;
}

/** The texts of a part of the settings, by their paths. */
function textsOf(part: object, before = ''): Array<[path: string, text: string]> {
  return Object.entries(part).flatMap(([key, value]): Array<[string, string]> => {
    const path = Array.isArray(part) ? `${before}[${key}]` : before ? `${before}.${key}` : key;
    if (typeof value === 'string') {
      return [[path, value]];
    }
    return typeof value === 'object' && value !== null ? textsOf(value, path) : [];
  });
}
