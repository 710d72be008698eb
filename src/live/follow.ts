import {
  DataFrame,
  DataFrameJSON,
  dataFrameFromJSON,
  DataQueryResponse,
  LiveChannelEvent,
  LoadingState,
  parseLiveChannelAddress,
} from '@grafana/data';
import { getGrafanaLiveSrv } from '@grafana/runtime';
import { catchError, concatMap, defer, EMPTY, finalize, map, merge, Observable, of, ReplaySubject, scan } from 'rxjs';
import { share, startWith, timer } from 'rxjs';

/** What a frame says about itself where it can be followed, in meta.custom.live. */
interface Live {
  /** Where the answer is sent anew when it changes, and what to subscribe with. Only in answers to queries. */
  channel?: string;
  query?: unknown;
  /** The same for the same contents. */
  etag: string;
  /** The process that worked it out, and when that was by its clock, in milliseconds since 1970. */
  by?: string;
  at: number;
}

/** A frame, and when it came by the browser's clock. */
interface Arrival {
  frame: DataFrameJSON;
  came: number;
}

/** How long a channel stays open when nobody looks at it: from one refresh of a dashboard to its answer. */
const LINGER_MS = 10_000;

/** How long a node may take to know what another knows. They read from one store every second. */
const BEHIND_MS = 10_000;

/**
 * The channels that a data source's panels follow, each open once. Grafana's own `getDataStream` does not do: it keeps
 * the first frame's names and metadata, in which our figures say what they rest on, and an error empties the panel.
 */
export class Channels {
  private readonly open = new Map<string, Observable<Arrival>>();

  constructor(private readonly linger = LINGER_MS) {}

  /** The answer as it was given, and again whenever one of its frames has changed. */
  follow(answer: DataQueryResponse): Observable<DataQueryResponse> {
    const frames: DataFrame[] = answer.data;
    const changes = frames.flatMap((frame, index) => {
      const live = liveOf(frame);
      return live?.channel ? [this.changesOf(live).pipe(map((changed) => ({ index, changed })))] : [];
    });
    if (changes.length === 0) {
      return of(answer);
    }
    return merge(...changes).pipe(
      scan((shown, { index, changed }) => shown.map((old, i) => (i === index ? withRefId(changed, old) : old)), frames),
      map((data) => ({ ...answer, data, state: isNumbers(data) ? answer.state : LoadingState.Streaming })),
      startWith(answer)
    );
  }

  /** The frames of a channel that are another than the one before, beginning with one that is not older than the answer. */
  private changesOf(answer: Live): Observable<DataFrame> {
    const given = performance.now();
    let shown = answer;
    return this.messages(answer).pipe(
      concatMap((message) => {
        const frame = dataFrameFromJSON(message.frame);
        const live = liveOf(frame);
        if (!live || live.etag === shown.etag || (shown === answer && isOlder(live, message.came, answer, given))) {
          return EMPTY;
        }
        shown = live;
        return of(frame);
      })
    );
  }

  /** What a channel carries; the latest at once where it is open already. */
  private messages({ channel = '', query }: Live): Observable<Arrival> {
    const known = this.open.get(channel);
    if (known) {
      return known;
    }
    const opened = defer(() => {
      const address = parseLiveChannelAddress(channel);
      return address ? getGrafanaLiveSrv().getStream<DataFrameJSON>({ ...address, data: query }) : EMPTY;
    }).pipe(
      concatMap(messageOf),
      map((frame) => ({ frame, came: performance.now() })),
      catchError(() => EMPTY), // the panel keeps what it shows, and goes on with the dashboard's refresh
      finalize(() => this.open.delete(channel)),
      share({ connector: () => new ReplaySubject(1), resetOnRefCountZero: () => timer(this.linger) })
    );
    this.open.set(channel, opened);
    return opened;
  }
}

function liveOf(frame: DataFrame): Live | undefined {
  return frame.meta?.custom?.live;
}

/**
 * Whether a frame is older than an answer. Where both are of one process, its clock says so. Where another node sent the
 * frame, the nodes' clocks say nothing: it counts, unless it came long before the answer.
 */
function isOlder(frame: Live, came: number, answer: Live, given: number): boolean {
  return frame.by === answer.by ? frame.at < answer.at : came < given - BEHIND_MS;
}

/**
 * Whether an answer is single numbers, as on a tile. Grafana marks a panel that streams beside its title, and a tile has
 * no room for that: the mark would shorten the title.
 */
function isNumbers(frames: DataFrame[]): boolean {
  return frames.every(({ meta }) => meta?.type?.startsWith('numeric') || meta?.custom?.whole);
}

function withRefId(frame: DataFrame, old: DataFrame): DataFrame {
  return { ...frame, refId: old.refId };
}

/** The frame in an event; subscribing and connecting anew bring one too. */
function messageOf(event: LiveChannelEvent<DataFrameJSON>): Observable<DataFrameJSON> {
  const message: DataFrameJSON | undefined = 'message' in event ? event.message : undefined;
  return message?.schema ? of(message) : EMPTY;
}
