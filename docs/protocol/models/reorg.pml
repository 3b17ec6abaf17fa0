/* One channel on a chain that is reorganised: H is honest, Z is Byzantine.
 *
 * Every close, answer, settle and record has the time of its block.  What is younger than the final block may go out
 * of the chain, latest first, and come back later, in an earlier block that is not final, in other company or never;
 * both act again on what they see then.  Finality is one or two ticks behind.
 *
 * Off chain: lane Z holds z1 = { X } or z2 = { X, 1 paid }, lane H holds h1 = { Y } or h2 = { Y, 1 paid }; both are
 * delivered at once.  H forwarded X downstream and has Y from upstream; both expire at E.  Z closes with z0 = {},
 * z1, z2 or an invented z3 without X, and with any state of H.
 *
 * Entitlement checked at the end, as in channel.pml:
 *   payout(H) + upstream income - downstream cost >= deposit(H) - paid by H + paid by Z and accepted
 */
#ifndef CT
#define CT 1                      /* claimTime */
#endif
#ifndef P
#define P 3                       /* challengePeriod: above claimTime + finality */
#endif
#define E (1+3*CT)
#define TC (E+1)                  /* somebody has closed by then */
#define TMAX (TC+2*P+1)
#define BYH 1
#define BYZ 2
#define DH 2
#define TOTAL 4
#define max(a,b) ((a) > (b) -> (a) : (b))
#define min(a,b) ((a) < (b) -> (a) : (b))
#define pick(v,l,h) v = l; do :: v < h -> v++ :: break od

byte t = 1, fin, u;
byte hn = 1, zn = 1;              /* newest states */
bool decided; byte hm, hz;        /* H's close: its own state, Z's state */
byte closer, tc, m, m3, th;       /* the close: who, when; Z's own state, what z3 has sent, H's state */
byte ta, ak;                      /* H's answer */
byte tz;                          /* Z's answer that convicts H */
byte rx, ry;                      /* records, in time */
byte sh, xw, xl, yw, yl;          /* settles: hidden list with X shown; X, Y won, lost */
bool paid, failed, owed;          /* H paid X downstream, failed Y upstream, records X in time */
#ifdef ANSWER_ONCE
bool sentA;
#endif
#ifdef SHOW_ONCE
bool sentS;
#endif
short pay, lz, lh;

#define d (tc + P)
#define w (max(d,E) + P)
#define zsent(k) ((k) == 2)
#define msent (m == 2 || (m == 3 && m3))
#define hidden (closer == BYH || m == 3)
#define convictsZ (ta > 0 && (ak > m || (m == 3 && zsent(ak) > m3)))
#define hasX (closer == BYH || (closer == BYZ && !convictsZ && (m == 1 || m == 2 || (m == 3 && ta))))
#define open (closer && !convictsZ && !tz)
#define unsettled (!sh && !xw && !xl && !yw && !yl)
#define useful (closer == BYZ && (zn > m || m == 3))
#ifdef CONCEDE_AT_HEAD            /* H's own settle leaves out a witness because the newest block has no record */
#define dead(r) (t >= E && !(r))
#else
#define dead(r) (fin >= E && !(r))
#endif
/* What H does in time, because it sends it again until it is final. */
#ifdef ANSWER_ONCE
#define duty1 (useful && !ta && t + 1 == d && !sentA)
#define firm1 (t >= d && !sentA)
#else
#ifdef ANSWER_LATE                /* in the last block before the deadline */
#define duty1 (useful && !ta && t + 1 == d)
#define firm1 false
#else
#define duty1 (useful && !ta && t + 1 == d)
#define firm1 (t >= d)
#endif
#endif
#ifdef SHOW_ONCE
#define again !sentS
#else
#define again true
#endif
#define duty2 (open && hasX && hidden && !sh && t + 1 == d + P && again)
#define duty3 (open && hasX && rx && !xw && !xl && (!hidden || sh) && t + 1 == w && again)
#define firm2 (t >= d + P && again)
#define firm3 (t >= w && again)
#define tickable (t < TMAX && fin + 1 >= t && !duty1 && !duty2 && !duty3 && \
  !(t == E-1 && (owed || (t == E-CT && paid)) && !rx) && !(t == TC && !closer))
#ifdef ACCEPT_WHILE_CLOSING       /* Z's close is seen and H goes on */
#define quiet (closer == BYH || decided)
#else
#define quiet (closer || decided)
#endif

inline at() { if :: u = t :: fin + 1 < t -> u = fin + 1 fi }    /* the block that it gets into */

active proctype chain() {
  do
  /* ---------------- off chain ---------------- */
  :: atomic { !quiet && hn == 1 && t < TC -> hn = 2 }
  :: atomic { !quiet && zn == 1 && t < TC -> zn = 2 }
  :: atomic { !paid && (t + 2*CT <= E || (rx && rx <= fin)) -> paid = 1 }      /* [HOP-2] */
#ifdef FAIL_ON_SETTLE             /* Z has conceded Y in a block that is not final */
  :: atomic { !failed && !ry && yl -> failed = 1 }
#endif
  :: atomic { !failed && fin >= E && !ry -> failed = 1 }                       /* [NODE-4] */
  :: atomic { !decided && !closer -> decided = 1; hm = hn; hz = zn }           /* [NODE-5] */
#ifdef CONTINUE                   /* its close went out of the chain: the channel is open again */
  :: atomic { decided && !closer -> decided = 0 }
#endif
  /* ---------------- blocks ---------------- */
  :: atomic { !rx -> at(); if :: u < E -> rx = u fi; u = 0 }
  :: atomic { !ry -> at(); if :: u < E -> ry = u fi; u = 0 }
  :: atomic { !closer && hm && t <= TC -> at(); closer = BYH; tc = u; u = 0 }  /* anybody can send what H signed */
  :: atomic { !closer && t <= TC -> at(); closer = BYZ; tc = u; u = 0;
       pick(m, 0, 3); if :: m == 3 -> pick(m3, 0, 1) :: else -> skip fi; pick(th, 1, hn) }
  :: atomic { useful && !ta && unsettled -> at(); if :: u > tc && u < d -> ta = u; ak = zn fi; u = 0;
#ifdef ANSWER_ONCE
       sentA = 1
#endif
       }
  :: atomic { closer == BYH && !tz && hn > hm && unsettled -> at(); if :: u > tc && u < d -> tz = u fi; u = 0 }
  /* settles, by anybody: X */
  :: atomic { open && hasX && hidden && !sh && !xl -> at(); if :: u >= d && u < d + P -> sh = u fi; u = 0 }
  :: atomic { open && hasX && rx && !xw && !xl && (!hidden || sh || t < d + P) ->
       at(); if :: u >= d && u < w && u >= rx && (!hidden || sh || u < d + P) -> xw = u fi;
       if :: hidden && (!sh || sh > u) -> sh = u :: else -> skip fi; u = 0;
#ifdef SHOW_ONCE
       sentS = 1
#endif
       }
  :: atomic { open && hasX && !xw && !xl -> at(); if :: u >= w || (u >= d && u >= E && dead(rx)) -> xl = u fi; u = 0 }
  /* Y */
  :: atomic { open && ry && !yw && !yl -> at(); if :: u >= d && u < w && u >= ry -> yw = u fi; u = 0 }
  :: atomic { open && !yw && !yl -> at(); if :: u >= max(d,E) -> yl = u fi; u = 0 }
  /* ---------------- reorgs: what is not final goes out, latest first ---------------- */
  :: atomic { rx > fin && !xw && !(owed && t >= E) -> rx = 0 }
  :: atomic { ry > fin && !yw -> ry = 0 }
  :: atomic { yw > fin -> yw = 0 }
  :: atomic { yl > fin -> yl = 0 }
  :: atomic { xw > fin && !firm3 -> xw = 0 }
  :: atomic { xl > fin -> xl = 0 }
  :: atomic { sh > fin && !xw && !xl && !firm2 -> sh = 0 }
  :: atomic { ta > fin && unsettled && !firm1 -> ta = 0; ak = 0 }
  :: atomic { tz > fin -> tz = 0 }
  :: atomic { tc > fin && t <= TC && unsettled && !ta && !tz -> closer = 0; tc = 0; m = 0; m3 = 0; th = 0 }
  /* ---------------- time ---------------- */
  :: atomic { fin + 1 < t -> fin = t - 1;
       if :: rx && rx <= fin -> rx = 1 :: else -> skip fi; if :: ry && ry <= fin -> ry = 1 :: else -> skip fi;
       if :: ta && ta <= fin -> ta = 1 :: else -> skip fi; if :: tz && tz <= fin -> tz = 1 :: else -> skip fi;
       if :: sh && sh <= fin -> sh = 1 :: else -> skip fi; if :: xw && xw <= fin -> xw = 1 :: else -> skip fi;
       if :: xl && xl <= fin -> xl = 1 :: else -> skip fi; if :: yw && yw <= fin -> yw = 1 :: else -> skip fi;
       if :: yl && yl <= fin -> yl = 1 :: else -> skip fi }
  :: atomic { tickable -> if :: t == E-CT && paid -> owed = 1 :: else -> skip fi; t++ }
  /* ---------------- end ---------------- */
  :: atomic { t == TMAX ->
       if
       :: closer == BYH -> lz = zsent(hz) + (xw > 0); lh = hm - 1 + (yw > 0)
       :: closer == BYZ -> lz = msent + ((m == 1 || m == 2) && xw); lh = th - 1 + (yw > 0);
            if :: ta -> lz = max(lz, zsent(ak) + (xw > 0)) :: else -> skip fi
       fi;
       pay = (convictsZ -> TOTAL : (tz -> 0 : max(0, min(TOTAL, DH + lz - lh))));
       pay = pay + (ry && !failed) - (paid || rx);
       assert(pay >= DH - (hn - 1) + (zn - 1));
#ifdef REACH
       assert(!(closer == BYZ && m == 3 && ta && xw && yw && !failed && decided));
#endif
       d_step { t=0; fin=0; hn=0; zn=0; decided=0; hm=0; hz=0; closer=0; tc=0; m=0; m3=0; th=0; ta=0; ak=0; tz=0; rx=0; ry=0;
         sh=0; xw=0; xl=0; yw=0; yl=0; paid=0; failed=0; owed=0; pay=0; lz=0; lh=0 };
       break }
  od
}
