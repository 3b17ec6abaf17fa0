/* A - B - C - D, one hash lock, ONE expiry E at all hops, one registry.  B and C are honest, A and D are Byzantine
 * and collude.  The rules of route.pml at both honest hops; between B and C states, acks and the witness may each be
 * late or never come.  (A hop between Byzantine neighbours is route.pml: two of them in a row can do no more than one.)
 *
 * Each lane has at most two states: the lock, then PAID or OFF.  What was said failed is removed when it suits the
 * payer, also if it gets recorded meanwhile.  Time, finality, records, reorgs and waits as in route.pml.
 *
 * Checked on every path:  C was paid by B  =>  A paid;  D was paid  =>  B paid C.
 */
#ifndef CT
#define CT 1
#endif
#ifndef P                 /* challengePeriods */
#define P 1
#endif
#define E  (1+3*CT)
#ifdef JITTER
#define E0 (E-1)          /* the first lock expires earlier */
#else
#define E0 E
#endif
#define TC (E+2)
#define max(a,b) ((a) > (b) -> (a) : (b))
#define TMAX (TC+2*P)
#define OFF 0
#define ON  1
#define PAID 2
#define pick(v,l,h) v = l; do :: v < h -> v++ :: break od

byte t = 1, fin, rec;
byte an, as;                  /* newest state of lane A, and the lock in it */
byte bn, bs, bd, cb;          /* of lane B; delivered to C; C's ack that B holds */
byte cn, cs, dc;              /* of lane C; D's ack that C holds */
bool knowB, knowC, owed;
bool closed0, closed1, closed2, conv;
byte dl0, dl1, dl2;           /* when the lock can be decided: deadline or expiry, the later one */
byte l0 = ON, l1 = ON, l2 = ON;   /* the lock once the channel is closed; ON: undecided */
byte k, o, r;

#define lockof(n,s) ((n) == 0 -> OFF : ((n) == 1 -> ON : (s)))
#define up0 (closed0 -> l0 : lockof(an,as))       /* what B has of A */
#define up1 (closed1 -> l1 : lockof(bd,bs))       /* what C has of B */
#define rec0 (rec > 0 && rec < E0)
#define recE (rec > 0 && rec < E)
#define recfin (rec > 0 && rec <= fin)
#ifdef DEAD_AT_HEAD
#define NOW (t)
#else
#define NOW (fin)
#endif
#define dead0 (NOW >= E0 && !rec0)
#define deadE (NOW >= E && !recE)
#ifdef FAIL_EARLY_B
#define removed1 (bn == 2 && bs == OFF)
#else
#define removed1 (bn == 2 && bs == OFF && cb == 2)
#endif
#ifdef FAIL_EARLY_C
#define removed2 (cn == 2 && cs == OFF)
#else
#define removed2 (cn == 2 && cs == OFF && dc == 2)
#endif
#define doneB (deadE || (closed1 && l1 == OFF) || (!closed1 && (bn == 0 || removed1)))    /* B owes C nothing more */
#define doneC (deadE || (closed2 && l2 == OFF) || (!closed2 && (cn == 0 || removed2)))
#ifdef PAY_NONFINAL
#define SURE recE
#else
#define SURE (recE && recfin)
#endif
#ifndef MARGIN
#define MARGIN (2*CT)
#endif
#define intime (SURE || (t + MARGIN <= E && !deadE))
#define mustB (t == E0-CT && knowB && up0 == ON)
#ifdef C_SILENT               /* C leaves the record to B */
#define mustC false
#else
#define mustC (t == E-CT && knowC && up1 == ON && !(bn == 2 && bs == OFF))
#endif
#define must (mustB || mustC)
#ifdef LOST_AT_EXPIRY
#define over(dl) (t >= dl)
#else
#define over(dl) (t >= dl+P)
#endif
#ifdef NO_NODE9               /* C need not show within the wait */
#define shownC true
#else
#define shownC (!(closed1 && l1 == ON && t + 1 == dl1+P && recE && recfin))
#endif
#define shownB (!(closed0 && l0 == ON && t + 1 == dl0+P && rec0 && recfin))
#define tickable (t < TMAX && fin + 1 >= t && shownB && shownC && \
  !((t == E-1 || t == E0-1) && (owed || must) && !rec) && !(t == TC && !(closed0 && closed1 && closed2)))

active proctype route() {
  do
  /* ---- lane A: what B accepts ---- */
  :: atomic { !closed0 && an == 0 && t < E0 -> an = 1 }
  :: atomic { !closed0 && an == 1 -> an = 2; as = PAID }
  :: atomic { !closed0 && an == 1 && (doneB || dead0) -> an = 2; as = OFF }
  /* ---- lane B: B forwards, pays, removes ---- */
  :: atomic { !closed0 && !closed1 && bn == 0 && an == 1 && t < E -> bn = 1 }
  :: atomic { !closed1 && bn == 1 && knowB && (up0 == PAID || intime) -> bn = 2; bs = PAID }
  :: atomic { !closed1 && bn == 1 && ((bd == 1 && doneC) || deadE) -> bn = 2; bs = OFF }
  :: atomic { !closed1 && bd < bn -> bd++ }
  :: atomic { !closed1 && cb < bd -> cb++ }
  /* ---- lane C: C forwards, pays, removes what D fails ---- */
  :: atomic { !closed1 && !closed2 && cn == 0 && bd == 1 && !(bn == 2 && bs == OFF) && t < E -> cn = 1 }
  :: atomic { !closed2 && cn == 1 && knowC && (up1 == PAID || intime) -> cn = 2; cs = PAID }
  :: atomic { !closed2 && cn == 1 -> cn = 2; cs = OFF }
  :: atomic { !closed2 && dc < cn -> dc++ }
  /* ---- the witness ---- */
  :: atomic { !knowC && (cn > 0 || (rec && bd > 0)) -> knowC = 1 }    /* D hands it over, at any time */
  :: atomic { !knowB && bn > 0 && (knowC || rec) -> knowB = 1 }       /* C passes it on */
  /* ---- chain: records, reorgs, finality, time ---- */
  :: atomic { !rec -> rec = t }                                 /* anybody, at any time */
  :: atomic { rec > fin && !(owed && t >= E) -> rec = 0 }       /* reorged away */
  :: atomic { !rec && fin + 1 < t -> rec = fin + 1 }            /* reorged into an earlier block */
  :: atomic { fin + 1 < t -> fin = t - 1 }
  :: atomic { tickable -> if :: must -> owed = 1 :: else -> skip fi; t++ }
  /* ---- channel 2, C and D ---- */
  :: atomic { !closed2 && t <= TC -> dl2 = max(t+P, E);
       if
       :: k = cn; r = cn; if :: skip :: pick(k, dc, cn) fi      /* C, with its newest; D answers or not */
       :: if :: o = dc :: pick(o, 0, dc) fi;                    /* D, with ack o and C's state k >= o; o < dc: old or invented */
          if :: o < dc -> conv = 1 :: else -> skip fi;
          pick(k, o, cn); r = k
       fi;
       l2 = (conv -> OFF : max(lockof(r,cs), lockof(k,cs)));
       closed2 = 1; cn = 0; cs = 0; dc = 0; k = 0; o = 0; r = 0; conv = 0 }
  :: atomic { closed2 && l2 == ON && t >= dl2 && t < dl2+P && recE && recfin -> l2 = PAID; knowC = 1 } /* D shows */
  :: atomic { closed2 && l2 == ON && t >= dl2 -> l2 = OFF }                                            /* D concedes */
  /* ---- channel 1, B and C ---- */
  :: atomic { !closed1 && t <= TC -> dl1 = max(t+P, E);
       if :: k = bn; if :: skip :: pick(k, cb, bd) fi;          /* B, with its newest; C answers or not */
             l1 = max(lockof(bn,bs), lockof(k,bs))
          :: l1 = lockof(bd,bs) fi;                             /* C */
       closed1 = 1; bn = (bn > 0); bs = 0; bd = bn; cb = 0; k = 0 }
  :: atomic { closed1 && l1 == ON && t >= dl1 && t < dl1+P && recE && recfin -> l1 = PAID }            /* C shows [NODE-9] */
  :: atomic { closed1 && l1 == ON && over(dl1) -> l1 = OFF }                                           /* B settles */
  :: atomic { closed1 && l1 == ON && t >= dl1 && deadE -> l1 = OFF }                                   /* C concedes */
  /* ---- channel 0, A and B ---- */
  :: atomic { !closed0 && t <= TC -> dl0 = max(t+P, E0); l0 = lockof(an,as); closed0 = 1; an = 0; as = 0 }
  :: atomic { closed0 && l0 == ON && t >= dl0 && t < dl0+P && rec0 && recfin -> l0 = PAID }            /* B shows [NODE-9] */
  :: atomic { closed0 && l0 == ON && over(dl0) -> l0 = OFF }                                           /* A settles */
  :: atomic { closed0 && l0 == ON && t >= dl0 && dead0 -> l0 = OFF }                                   /* B concedes */
  /* ---- end ---- */
  :: atomic { t == TMAX && closed0 && closed1 && closed2 ->
       assert(!(l1 == PAID && l0 != PAID));
       assert(!(l2 == PAID && l1 != PAID));
#ifdef REACH_PAID
       assert(!(l2 == PAID && l0 == PAID && rec == E-1 && dl0 > E && dl1 > E && dl2 > E));
#endif
       d_step { t=0; fin=0; rec=0; an=0; as=0; bn=0; bs=0; bd=0; cb=0; cn=0; cs=0; dc=0; knowB=0; knowC=0; owed=0;
         closed0=0; closed1=0; closed2=0; dl0=0; dl1=0; dl2=0; l0=0; l1=0; l2=0 };
       break }
  od
}
