"""Words that abstracts of any subject are made of, and that name none."""

from __future__ import annotations

_COMMON_TEXT = """
a able about above abstract academic according accurate achieve achieved achieves achieving acquire
across additional additionally address addressed addresses advance advanced advances advantage
aforementioned again against aim aims al all allow allowing allows along also although am among an
analyse analyze and another any application applications applied apply approach approaches arbitrary
are arise around art article as aspect aspects associated assume at attain available average avoid
based baseline baselines be became because become becomes been before behind being below benchmark
benchmarks benefit benefits besides best better between beyond both build building by called can
cannot capabilities capability capable capture carefully case case-study cases challenge challenges
challenging closer code com combine combines combining common commonly comparable comparatively
compare compared comparing comparison complex comprehensive compute concept conclude conduct
consider consistent consistently consists contains contribute contribution contributions
corresponding could create crucial current currently demonstrate demonstrated demonstrates
demonstrating depend dependent derive describe designed despite detailed develop developed
developing development did different difficult direct directly discuss discussed do does done down
due during each effect effective effectively effectiveness effects efficacy efficiency efficient
efficiently eg either eliminate empirical empirically enable enables enabling end end-to-end enhance
enhanced enhances enhancing ensure entire especially essential establish et etc evaluate evaluated
evaluations even every evidence evolving example examples except existing experiment experimental
experiments explicit explore explored explores exploring extend extended extensible extensive
extensively extract facilitate fail failed far fast faster favor fewer field fields final finally
find finding findings first five focus focuses following for form formulate found four framework
frameworks from full fully further furthermore future gain gains general generalize generally
generic get gets github give given goal good great greater growing guide had has have having he
hence her here herein hers herself high high-quality higher highlight highly him himself how however
http https huge i idea identified identify ie if impact implement implementation important
importantly improve improved improvement improvements improves improving in including incorporate
increase increased increases increasing increasingly indicate individual inherent initial input
inside insight insights inspired instead integrate interest interesting into introduce introduced
introduces introducing investigate investigates involve io is issue issues it its itself just key
kind known lack large-scale largely larger largest later latter lead leading leads learn learned
learns less levels leverage leverages leveraging like limitation limitations limited line little
long look lot low lower made main mainly maintain major make makes making manner many material
materials may me mean means measure mechanism meet meets method methodology methods metric metrics
might mine minimal modelling module more moreover most motivated much multiple must my myself name
namely near need needed needs new newly next no nor not notably note notion novel number numerous
objective observe obtain obtained obtaining of off offer offers often old omega on once one only
onto or order org original other others ought our ourselves out outperform outperforming outperforms
output outside over overall overcome own paper papers part particular particularly parts per perform
performance performances performing performs perspective plus pose possible potential powerful
practical practice present presented presents prevalent previous previously primary principled prior
problem problems procedure produce produces project prominent promising properties property propose
proposed proposes provide provided provides providing publicly range rapid rapidly rather real
real-world recent recently reduce reduced reduces reducing related release released relevant
reliable rely remain remains report reported require required requires requiring researchers respect
respectively result resulting results rethinking reveal reveals role same samples scale scenario
scenarios second section see seek seen select serve set sets setting settings several shall she
should show showcase showed showing shown shows significance significant significantly similar
simple simply simultaneously since single size so solution solutions solve solving some
sophisticated sota sources space specific specifically sqrt standard state state-of-the-art step
steps still straightforward strategies strategy strong studied studies study subject substantial
substantially success successful successfully such suffer sufficient suggest suggests suitable suite
superior superiority supplementary support surpass surpasses surpassing survey systematic tackle
take taken tasks technique techniques technology tend tends term terms tested than that the their
them themselves then theoretical theoretically there thereby therefore these they thing third this
those though thousand three through throughout thus till to today together top total toward towards
traditional trained true try turn two type types typical typically ultimately under underlying
underneath understand understanding unified unique unlike unseen until up upon url us usage use used
useful uses using usually utilize utilizes utilizing validate valuable value various vary vast
versatile versus very via view want was way ways we well well-known were what when where whereas
whether which while who whole whom whose why wide widely will with within without work works would
www yet yield yields you your yours yourself
"""
_BESIDE_TEXT = """
accuracy algorithm algorithms analysis architecture behavior bound bounds class complexity data
dataset datasets deep design domain domains evaluation function functions generation human image
information knowledge language large law learning level machine model modeling models natural
network networks neural object open optimal optimization policy process processes processing
quality question questions reasoning representation representations research robust sample small
source structure system systems target task test theory time train training transfer user users
world
"""
# No part of any term. The stemmer drops articles and the like by itself.
COMMON = frozenset(_COMMON_TEXT.split())
# Too common to stand alone, and good beside another word: "reward model", "deep learning".
BESIDE = frozenset(_BESIDE_TEXT.split())
