/* Settlement of chain locks: checkpoints of the registry [2.6], what a settle that names one decides [LOCK-1],
 * payouts [PAY-1].  A closed; three states, each with at most one chain lock, all under one commitment:
 *   0 = A's declared own state, its list posted     (lane A, payee B)
 *   1 = A's state that B answered with, list hidden (lane A, payee B)
 *   2 = B's state declared by A, list hidden        (lane B, payee A)
 * Checkpoints 1..n: index and time, all kept, the index strictly growing; anybody records, at any tick, late too.
 * Anybody settles at any tick from the deadline on, shows any lists and names any number for each lock, also one
 * that does not exist or is late.
 * Checked: never above the total; whatever was named in whatever order, in the end everything is decided, and each
 * lock has paid what the greatest index recorded before its expiry gives, if its list was shown in time.
 */
#ifndef N                         /* most checkpoints; the greatest index */
#define N 3
#endif
#ifndef UNIT
#define UNIT 1
#endif
#ifndef AMOUNT                    /* most that a lock holds */
#define AMOUNT 2
#endif
#define EARLY 2                   /* the two expiries */
#define LATER 3
#define TMAX 4
#define INF 20                    /* a list that is not shown may hold any amount */
#define pick(v,l,h) v = l; do :: v < h -> v++ :: break od
#define has(m,i) (((m) >> (i)) & 1)
#define clamp(y) ((y) < 0 -> 0 : ((y) > total -> total : (y)))
#define min(a,b) ((a) < (b) -> (a) : (b))
#define max(a,b) ((a) > (b) -> (a) : (b))

short dA = 1, dB, total, paidA, paidB, lA, hA, lB, x;
byte s[3], s0[3];                 /* sent, now and as signed */
byte am[3], am0[3], st[3], st0[3], ex[3];   /* amount (0: no lock), start, expiry */
byte idx[5], tm[5], n;            /* the registry */
byte best[4];                     /* fact: greatest index shown to the registry before tick 2, 3 */
byte t = 1, dl, shown = 1, sh, m, i, j, g;

#define exists(k) ((k) > 0 && (k) <= n)
#ifdef AT_EXPIRY                  /* a checkpoint recorded at the expiry, not before it, is in time */
#define intime(k) (exists(k) && tm[k] <= ex[j])
#else
#define intime(k) (exists(k) && tm[k] < ex[j])
#endif
#ifdef LATE_WINS                  /* a checkpoint at or after the expiry pays too */
#define pays(k) exists(k)
#else
#define pays(k) intime(k)
#endif
#ifdef NAMED_LATE                 /* naming a late checkpoint decides too */
#define named(k) ((k) == 0 || exists(k))
#else
#ifdef NAMED_ABSENT               /* ... or one that does not exist */
#define named(k) (!exists(k) || intime(k))
#else
#define named(k) ((k) == 0 || intime(k))
#endif
#endif
#ifdef NO_NEXT                    /* the next checkpoint is not looked at */
#define last(k) true
#else
#ifdef NEXT_ABSENT                /* a late next one does not end it */
#define last(k) (!exists((k)+1))
#else
#define last(k) (!intime((k)+1))
#endif
#endif
#ifdef DECIDE_EARLY
#define over true
#else
#define over (t >= ex[j])
#endif
#ifdef ABOVE                      /* a settle may claim one index more than the witness of its checkpoint proves */
#define proven(k) (idx[k] + 1)
#else
#ifdef NEXT_GIVEN                 /* a settle that names n is paid what checkpoint n + 1 proves */
#define proven(k) (exists((k)+1) -> idx[(k)+1] : idx[k])
#else
#define proven(k) idx[k]
#endif
#endif
#define gives(i,am,st) min(am, max(0, (i) - (st)) * UNIT)
#define lists(j) (am[j] == 0 -> 0 : (has(sh,j) -> am[j] : INF))

inline decide(k) {                /* lock j of a shown list, checkpoint k named */
  if
  :: am[j] > 0 ->
     if :: pays(k) ->
           g = gives(proven(k), am[j], st[j]); s[j] = s[j] + g;
#ifndef AMOUNT_KEPT
           am[j] = am[j] - g;
#endif
#ifndef START_KEPT
           st[j] = max(st[j], proven(k));
#endif
           g = 0
        :: else -> skip fi;
     if :: over && named(k) && last(k) -> am[j] = 0 :: else -> skip fi;
     if :: am[j] == 0 -> st[j] = 0 :: else -> skip fi
  :: else -> skip fi }

inline pay() {
  lA = max(s[0], s[1]); hA = max(s[0] + lists(0), s[1] + lists(1));
  lB = s[2]; x = lB + lists(2);
  paidA = max(paidA, clamp(dA + lB - hA)); paidB = max(paidB, total - clamp(dA + x - lA));
  assert(paidA + paidB <= total);
  lA = 0; hA = 0; lB = 0; x = 0 }

inline newest_in_time() {         /* what an honest settle names */
  m = 0; i = 1; do :: i <= n -> if :: intime(i) -> m = i :: else -> skip fi; i++ :: else -> break od; i = 0 }

inline unshown_empty() {          /* nobody has shown it within the challenge period after the deadline */
  if :: t > dl -> j = 0; do :: j < 3 -> if :: !has(shown,j) -> am[j] = 0; st[j] = 0; am0[j] = 0 :: else -> skip fi; j++ :: else -> break od; j = 0
     :: else -> skip fi }

active proctype settlement() {
  atomic {
    pick(dB, 0, 1); total = dA + dB; if :: dl = 1 :: dl = LATER fi;
    j = 0; do :: j < 3 ->
       pick(s[j], 0, 1); pick(am[j], 0, AMOUNT);
       if :: am[j] == 0 -> shown = shown | (1<<j)
          :: else -> pick(st[j], 0, 1); if :: ex[j] = EARLY :: ex[j] = LATER fi fi;
       s0[j] = s[j]; am0[j] = am[j]; st0[j] = st[j]; j++
       :: else -> break od;
#ifdef ONE_LANE
    if :: s[2] == 0 && am[2] == 0 -> skip fi;
#endif
    j = 0 }
  do
  :: atomic { t < TMAX && n < N ->                       /* anybody records, a lower index too */
#ifdef NOT_GROWING
       pick(g, 1, N);
#else
       g = idx[n] + 1; if :: g <= N -> skip fi; do :: g < N -> g++ :: break od;
#endif
#ifdef NEWEST_ONLY                                       /* the registry keeps the newest checkpoint alone */
       n = 0;
#endif
       n++; idx[n] = g; tm[n] = t;
       if :: t < EARLY -> best[EARLY] = max(best[EARLY], g) :: else -> skip fi;
       if :: t < LATER -> best[LATER] = max(best[LATER], g) :: else -> skip fi; g = 0 }
  :: atomic { t < TMAX && t >= dl ->                     /* anybody settles; the same number for all lists or for one */
       if :: sh = 1 :: sh = 2 :: sh = 4 :: sh = 7 fi;
       if :: t == dl -> shown = shown | sh :: else -> sh = sh & shown fi;
       pick(m, 0, n+1);
       j = 0; do :: j < 3 -> if :: has(sh,j) -> decide(m) :: else -> skip fi; j++ :: else -> break od; j = 0;
       pay(); m = 0; sh = 0 }
  :: atomic { t < TMAX -> t++; unshown_empty() }
  :: atomic { t == TMAX ->                               /* the last settle names what it must */
       sh = shown;
       j = 0; do :: j < 3 ->
          newest_in_time(); decide(m);
          assert(am[j] == 0);                            /* decided */
          assert(s[j] == s0[j] + gives(best[ex[j]], am0[j], st0[j]));   /* by the facts alone */
          j++ :: else -> break od;
       j = 0; m = 0; pay();
       assert(paidA + paidB == total);
       assert(paidA == clamp(dA + s[2] - max(s[0], s[1])));
       d_step { t = 0; dA = 0; dB = 0; total = 0; paidA = 0; paidB = 0; n = 0; dl = 0; shown = 0; sh = 0;
         j = 0; do :: j < 3 -> s[j] = 0; s0[j] = 0; am0[j] = 0; st[j] = 0; st0[j] = 0; ex[j] = 0; j++ :: else -> break od;
         j = 0; do :: j < 5 -> idx[j] = 0; tm[j] = 0; j++ :: else -> break od; best[2] = 0; best[3] = 0; j = 0 };
       break }
  od
}
