import {
  DataFrameJSON,
  DataFrameType,
  dataFrameFromJSON,
  DataQueryResponse,
  FieldType,
  LoadingState,
} from '@grafana/data';
import { setGrafanaLiveSrv } from '@grafana/runtime';
import { Observable, Subject } from 'rxjs';
import { Channels } from './follow';

const CHANNEL = 'ds/livedora/query/x';

/** A frame with one figure, as the backend words it: its name says what it rests on. */
function frame(value: number, live: object): DataFrameJSON {
  const fields = [{ name: 'figure', type: FieldType.number, config: { displayNameFromDS: `n ${value}` } }];
  return { schema: { fields, meta: { custom: { live } } }, data: { values: [[value]] } };
}

const answerOf = (...values: number[]): DataQueryResponse => ({
  key: 'A',
  data: values.map((value, i) => ({
    ...dataFrameFromJSON(frame(value, { channel: `${CHANNEL}${i}`, query: { number: i }, etag: `e${value}`, at: 100 })),
    refId: 'AB'[i],
  })),
});

/** Grafana Live: its channels by address, whoever subscribed to them, and with what. */
let channels: Record<string, Subject<unknown>>;
let subscribed: unknown[];
let closed: string[];

beforeEach(() => {
  jest.useFakeTimers();
  [channels, subscribed, closed] = [{}, [], []];
  setGrafanaLiveSrv({
    getStream: ({ path = '', ...address }: { path?: string }) =>
      new Observable((subscriber) => {
        subscribed.push({ path, ...address });
        channels[path] = new Subject();
        const subscription = channels[path].subscribe(subscriber);
        return () => {
          closed.push(path);
          subscription.unsubscribe();
        };
      }),
  } as never);
});
afterEach(() => jest.useRealTimers());

/** A panel that follows an answer: what it shows, figure and name, from the first. */
function panel(open: Channels, answer: DataQueryResponse) {
  const shown: string[] = [];
  const states: Array<LoadingState | undefined> = [];
  const subscription = open.follow(answer).subscribe(({ data, state }) => {
    shown.push(
      data.map((f) => `${f.refId} ${f.fields[0].values[0]} ${f.fields[0].config.displayNameFromDS}`).join(', ')
    );
    states.push(state);
  });
  return { shown, states, leave: () => subscription.unsubscribe() };
}

const tell = (value: number, at: number, i = 0) =>
  channels[`query/x${i}`].next({ type: 'message', message: frame(value, { etag: `e${value}`, at }) });

test('a panel shows its answer at once, and then what its channels bring, in place', () => {
  const { shown, states } = panel(new Channels(), answerOf(5, 7));
  expect(subscribed).toEqual([0, 1].map((i) => expect.objectContaining({ path: `query/x${i}`, data: { number: i } })));
  tell(6, 200);
  tell(8, 200, 1);
  expect(shown).toEqual(['A 5 n 5, B 7 n 7', 'A 6 n 6, B 7 n 7', 'A 6 n 6, B 8 n 8']);
  expect(states).toEqual([undefined, LoadingState.Streaming, LoadingState.Streaming]);
});

test('a tile is followed without a mark, for which its title has no room', () => {
  const answer = answerOf(5);
  const number = { type: DataFrameType.NumericWide, typeVersion: [0, 1] as [number, number] };
  const { shown, states } = panel(new Channels(), {
    ...answer,
    data: answer.data.map((f) => ({ ...f, meta: { ...f.meta, ...number } })),
  });
  const message = frame(6, { etag: 'e6', at: 200 });
  Object.assign(message.schema!.meta!, number);
  channels['query/x0'].next({ type: 'message', message });
  expect(shown).toEqual(['A 5 n 5', 'A 6 n 6']);
  expect(states).toEqual([undefined, undefined]);
});

test('what is shown already is not drawn again', () => {
  const { shown } = panel(new Channels(), answerOf(5));
  tell(5, 200);
  tell(6, 300);
  tell(6, 400);
  expect(shown).toEqual(['A 5 n 5', 'A 6 n 6']);
});

test('a refresh opens no new stream, loses nothing in between, and does not go back in time', () => {
  const open = new Channels();
  const first = panel(open, answerOf(5));
  tell(6, 50); // the latest that the channel brought
  first.leave();
  jest.advanceTimersByTime(2_000);
  const second = panel(open, answerOf(7));
  expect(second.shown).toEqual(['A 7 n 7']); // 6 is older than the answer
  second.leave();
  tell(8, 200); // while nobody looks
  expect(panel(open, answerOf(7)).shown).toEqual(['A 7 n 7', 'A 8 n 8']);
  expect(subscribed).toHaveLength(1);
});

describe('with several nodes, whose clocks differ', () => {
  const HOUR = 3_600_000;
  const tellBy = (by: string, value: number, at: number) =>
    channels['query/x0'].next({ type: 'message', message: frame(value, { by, etag: `e${value}`, at }) });
  const answerBy = (by: string, value: number, at: number): DataQueryResponse => ({
    key: 'A',
    data: [
      {
        ...dataFrameFromJSON(frame(value, { by, channel: `${CHANNEL}0`, query: {}, etag: `e${value}`, at })),
        refId: 'A',
      },
    ],
  });

  test('what another node tells is shown, though its clock is an hour behind', () => {
    const { shown } = panel(new Channels(), answerBy('one', 5, 2 * HOUR));
    tellBy('other', 6, HOUR);
    expect(shown).toEqual(['A 5 n 5', 'A 6 n 6']);
  });

  test('an answer of a node that does not know the latest yet is put right', () => {
    const open = new Channels();
    panel(open, answerBy('one', 5, HOUR));
    tellBy('other', 6, 0);
    jest.advanceTimersByTime(500);
    expect(panel(open, answerBy('one', 5, HOUR + 500)).shown).toEqual(['A 5 n 5', 'A 6 n 6']);
  });

  test('what another node told long before an answer does not take its place, though its clock is ahead', () => {
    const open = new Channels();
    panel(open, answerBy('one', 5, HOUR));
    tellBy('other', 6, 2 * HOUR);
    jest.advanceTimersByTime(60_000);
    const { shown } = panel(open, answerBy('one', 7, HOUR + 60_000));
    expect(shown).toEqual(['A 7 n 7']);
    tellBy('other', 8, 2 * HOUR + 60_000);
    expect(shown).toEqual(['A 7 n 7', 'A 8 n 8']);
  });
});

test('panels that ask the same share a channel, which closes after the last has gone', () => {
  const open = new Channels();
  const [one, other] = [panel(open, answerOf(5)), panel(open, answerOf(5))];
  expect(subscribed).toHaveLength(1);
  one.leave();
  other.leave();
  jest.advanceTimersByTime(9_000);
  expect(closed).toEqual([]);
  jest.advanceTimersByTime(2_000);
  expect(closed).toEqual(['query/x0']);
  panel(open, answerOf(5));
  expect(subscribed).toHaveLength(2);
});

test('a channel that fails leaves the panel as it is', () => {
  const { shown, states } = panel(new Channels(), answerOf(5));
  channels['query/x0'].next({ type: 'status', state: 'INVALID', error: 'permission denied' });
  channels['query/x0'].error(new Error('gone'));
  expect(shown).toEqual(['A 5 n 5']);
  expect(states).toEqual([undefined]);
});

test('an answer that cannot be followed is handed on as it is', () => {
  const answer = { data: [dataFrameFromJSON(frame(5, { etag: 'e', at: 1 }))] };
  const seen: unknown[] = [];
  new Channels().follow(answer).subscribe((each) => seen.push(each));
  expect(seen).toEqual([answer]);
  expect(subscribed).toEqual([]);
});
