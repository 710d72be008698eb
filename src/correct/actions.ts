import {
  Action,
  ActionType,
  ActionVariable,
  ActionVariableType,
  DataFrame,
  Field,
  HttpRequestMethod,
} from '@grafana/data';

/** What a person can say of the rows of a table of events. */
interface Word {
  /** On the button that needs no reason; without one it is only offered with a reason. */
  button?: string;
  /** Where a reason is asked for. */
  because?: string;
  /** What is confirmed. */
  says: string;
  verdict: string;
}

/** Which words the tables offer, by the kind of their events: of a deployment, by its version, or an incident, by its title. */
interface Offered {
  of: 'deployment' | 'incident';
  named: 'version' | 'title';
  words: Word[];
}

const DEPLOYMENT = 'Deployment ${__data.fields.version}';
const INCIDENT = '“${__data.fields.title}”';

const failed: Word = { because: 'It failed, because …', says: `${DEPLOYMENT} failed.`, verdict: 'failed' };
const sound: Word = {
  button: 'It did not fail',
  because: 'It did not fail, because …',
  says: `${DEPLOYMENT} did not fail.`,
  verdict: 'not_failed',
};
const ignored: Word = {
  because: 'Ignore it, because …',
  says: `${DEPLOYMENT} counts for nothing.`,
  verdict: 'ignored',
};
const innocent: Word = {
  because: 'No deployment caused it, because …',
  says: `No deployment caused the incident ${INCIDENT}.`,
  verdict: 'unlinked',
};
const none: Word = { because: 'It is no incident, because …', says: `${INCIDENT} is no incident.`, verdict: 'ignored' };

const offered: Record<string, Offered> = {
  deployments: {
    of: 'deployment',
    named: 'version',
    words: [{ ...failed, button: 'It failed' }, sound, ignored],
  },
  failures: { of: 'deployment', named: 'version', words: [sound, failed, ignored] },
  recoveries: { of: 'deployment', named: 'version', words: [sound, failed, ignored] },
  incidents: { of: 'incident', named: 'title', words: [innocent, none] },
  unlinked: { of: 'incident', named: 'title', words: [innocent, { ...none, button: 'No incident' }] },
};

const CORRECTIONS = 'corrections';

/** Whether the rows of such events can be corrected, or a correction taken back. */
export function correctable(events: string): boolean {
  return events === CORRECTIONS || events in offered;
}

/** Where corrections are sent, and what a reason says that nobody gave. */
export interface Place {
  uid: string;
  dashboard?: string;
}

/**
 * A table of events with what a person can say of its rows, where that is possible: buttons in the column of the id, and
 * in that of the version or the title the same with a reason. Where it is not possible the column of buttons is not shown.
 */
export function withActions(frame: DataFrame, place: Place, possible: boolean): DataFrame {
  if (!correctable(frame.name ?? '')) {
    return frame;
  }
  return { ...frame, fields: frame.fields.map((field) => (possible ? offering(field, frame, place) : silent(field))) };
}

function silent(field: Field): Field {
  return field.name === 'id'
    ? { ...field, config: { ...field.config, custom: { ...field.config.custom, hideFrom: { viz: true } } } }
    : field;
}

function offering(field: Field, frame: DataFrame, place: Place): Field {
  const actions = actionsOf(field.name, frame.name ?? '', place);
  return actions.length > 0 ? { ...field, config: { ...field.config, actions } } : field;
}

function actionsOf(column: string, events: string, { uid, dashboard }: Place): Action[] {
  if (events === CORRECTIONS) {
    return column === 'id' ? [takingBack(uid)] : [];
  }
  const { of, named, words } = offered[events];
  const sending = ({ says, verdict }: Word, reason: string): Omit<Action, 'title'> => ({
    type: ActionType.Fetch,
    confirmation: `${says} This is recorded as your word, and can be taken back.`,
    oneClick: false,
    fetch: posting(uid, [
      [of, '${__data.fields.id}'],
      ['verdict', verdict],
      ['reason', reason],
    ]),
  });
  switch (column) {
    case 'id':
      return words.flatMap((word) =>
        word.button === undefined
          ? []
          : [
              {
                title: word.button,
                ...sending(word, `no reason given${dashboard ? `, on the dashboard ${dashboard}` : ''}`),
              },
            ]
      );
    case named:
      return words.flatMap((word) =>
        word.because === undefined ? [] : [{ title: word.because, ...sending(word, '$reason'), variables: [why()] }]
      );
    default:
      return [];
  }
}

function why(): ActionVariable {
  return { key: 'reason', name: 'Why is it so?', type: ActionVariableType.String };
}

function takingBack(uid: string): Action {
  return {
    type: ActionType.Fetch,
    title: 'Take back',
    confirmation: 'What ${__data.fields.author} said does not count any more. It stays on record.',
    oneClick: false,
    fetch: posting(uid, [['undo', '${__data.fields.id}']]),
  };
}

/** Grafana encodes the parameters of an action, and pastes what a person typed into its body as it is. */
function posting(uid: string, queryParams: Array<[string, string]>): Action['fetch'] {
  return {
    method: HttpRequestMethod.POST,
    url: `/api/datasources/uid/${encodeURIComponent(uid)}/resources/v1/corrections`,
    headers: [['Content-Type', 'application/json']],
    queryParams,
    body: '{}',
  };
}
