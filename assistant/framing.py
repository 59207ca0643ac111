"""What a message is about, without the words that only ask for whatever there is.

"What do my papers say about grokking?" means what "grokking" means. To a model that reads every
word the first is also about papers and about saying, and so about the wrong sentences.
"""

from __future__ import annotations

import re

_PAPERS = r"(?:papers?|articles?|abstracts?|stud(?:y|ies)|publications?|works?)"
_HERE = r"(?:my|the|these|those|our|your|any|all|some)"
_ON = r"(?:about|on|regarding|concerning)"
_TELLS = r"(?:mention|discuss|cover|talk about|deal with)"
_POLITE = (
    r"(?:(?:hey|hi|hello|so|ok|okay|well|please|pls)\b\W*)*"
    r"(?:(?:can|could|would|will) (?:you|anyone|somebody) (?:please |kindly )?)?"
)
_FRAMES = (
    # what do my papers say about …, what have people found about …
    rf"what (?:do|does|did|has|have|can|could) (?:{_HERE} )?(?:of (?:my|the|these|our) )?"
    rf"(?:{_PAPERS}|library|collection|literature|people|researchers|authors|we|you|they|one)"
    r"(?: here)? (?:say|said|tell(?: (?:me|us))?|report(?:ed)?|have to say|find|found(?: out)?|"
    r"show|shown|know|think|write|written|learnt|learned|learn|got)(?: so far)? about",
    rf"what(?: is|['’]s| was) (?:already )?(?:known|said|written|reported|there) {_ON}",
    rf"what has been (?:said|written|reported|published|found(?: out)?) {_ON}",
    # tell me about …, give me an overview of …, summarise the work on …
    rf"(?:tell|teach) (?:me|us) (?:something |more |everything |all |a bit |a little )?{_ON}",
    r"(?:give|show|write|get|provide)(?: me| us)? (?:an? |some |the )?(?:short |brief |quick )?"
    rf"(?:overview|summary|introduction|information|info|details) (?:of|to|{_ON})",
    rf"summari[sz]e (?:for me )?(?:(?:all |{_HERE} )?(?:the )?"
    rf"(?:{_PAPERS}|research|literature|findings|evidence) (?:of|{_ON}) |what is known {_ON} )?",
    r"explain (?:to me )?(?!(?:how|why|whether|that|if|what|the)\b)",
    rf"i(?:['’]m| am) (?:interested in|curious about|looking for (?:{_PAPERS} )?{_ON})",
    rf"i(?:['’]d| would) (?:like|love) to (?:know|learn|read|hear)(?: more| something)? {_ON}",
    # do any of my papers mention …, is there anything on …
    rf"(?:do|does|did) (?:any|some|one|{_HERE})(?: one)?(?: of)?(?: {_HERE})?"
    rf"(?: {_PAPERS}| library| collection)?(?: here)? {_TELLS}",
    rf"(?:is|are) there (?:anything|something|any|some)?(?: {_PAPERS}| research)?(?: here)?"
    rf"(?: (?:{_ON}|that {_TELLS}s?))",
    rf"(?:do|have) (?:you|we|i)(?: have| got)? (?:anything|something|(?:any )?{_PAPERS}) {_ON}",
    # which papers mention …
    rf"(?:which|what)(?: of {_HERE})? {_PAPERS}(?: here)?(?: (?:do|does))? "
    rf"(?:{_TELLS}s?|talks about|deals with)",
)
_ENDING = (
    r"(?:[\s,.;!?]+(?:(?:to|for) me|please|pls|thanks|thank you|thx|"
    rf"(?:in|from|according to) (?:my|the|these|our|this) (?:{_PAPERS}|library|collection)|in here|"
    r"what (?:is|['’]s) there(?: here)?|what do (?:you|we|i) have))*\W*"
)
_FRAMED = re.compile(
    rf"\W*{_POLITE}(?:{'|'.join(_FRAMES)})\s*(?P<topic>\w.*?){_ENDING}", re.IGNORECASE
)
_POINTS = re.compile(  # at something said before, which the frame may be needed to find
    r"^(?:it|its|this|that|these|those|them|they|their|both|others?|another|the)\b|\bpapers?\b",
    re.IGNORECASE,
)
_LONGEST = 300  # characters; a pasted page has no frame


def topic_of(question: str) -> str:
    """What a question asks about, if all else in it only asks for whatever there is on that; the
    question itself otherwise."""
    if len(question) > _LONGEST:
        return question
    framed = _FRAMED.fullmatch(question)
    if framed is None or _POINTS.search(framed["topic"]):
        return question
    return framed["topic"]
