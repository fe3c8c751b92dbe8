"""Domains: the prefixes from which a teacher writes contexts, in tables of our own.

A forum-like, first-person opening gives by far the most paraphrases; a dateline or an abstract the fewest.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from ..errors import RecipeError

Slots = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Domain:
    """Templates that take turns (one that stands twice has two shares), and what fills their `{slots}`.

    A slot written with a capital, `{Disease}`, is `{disease}` with its first letter in upper case.
    """

    name: str
    description: str
    templates: tuple[str, ...]
    slots: Slots


def _lines(table: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in table.strip().splitlines())


def _items(table: str) -> tuple[str, ...]:
    """What semicolons part, over any number of lines."""
    return tuple(" ".join(item.split()) for item in table.split(";"))


# --- news ---------------------------------------------------------------------------------------------------

_CITIES = {
    "England": "LONDON; MANCHESTER; LIVERPOOL; BIRMINGHAM",
    "Scotland": "EDINBURGH; GLASGOW",
    "Wales": "CARDIFF",
    "Northern Ireland": "BELFAST",
    "Ireland": "DUBLIN",
    "France": "PARIS; LYON; MARSEILLE",
    "Germany": "BERLIN; MUNICH; HAMBURG; FRANKFURT",
    "Austria": "VIENNA",
    "Switzerland": "ZURICH; GENEVA",
    "Belgium": "BRUSSELS",
    "Netherlands": "AMSTERDAM; ROTTERDAM",
    "Spain": "MADRID; BARCELONA",
    "Portugal": "LISBON",
    "Italy": "ROME; MILAN; NAPLES",
    "Greece": "ATHENS",
    "Denmark": "COPENHAGEN",
    "Norway": "OSLO",
    "Sweden": "STOCKHOLM",
    "Finland": "HELSINKI",
    "Iceland": "REYKJAVIK",
    "Poland": "WARSAW",
    "Czech Republic": "PRAGUE",
    "Hungary": "BUDAPEST",
    "Romania": "BUCHAREST",
    "Bulgaria": "SOFIA",
    "Serbia": "BELGRADE",
    "Croatia": "ZAGREB",
    "Ukraine": "KYIV",
    "Russia": "MOSCOW",
    "Turkey": "ISTANBUL; ANKARA",
    "Egypt": "CAIRO",
    "Tunisia": "TUNIS",
    "Nigeria": "LAGOS; ABUJA",
    "Ghana": "ACCRA",
    "Kenya": "NAIROBI",
    "Ethiopia": "ADDIS ABABA",
    "Uganda": "KAMPALA",
    "South Africa": "JOHANNESBURG; CAPE TOWN",
    "Zimbabwe": "HARARE",
    "Israel": "JERUSALEM",
    "Jordan": "AMMAN",
    "Lebanon": "BEIRUT",
    "Iraq": "BAGHDAD",
    "Iran": "TEHRAN",
    "Saudi Arabia": "RIYADH",
    "Qatar": "DOHA",
    "United Arab Emirates": "DUBAI",
    "Afghanistan": "KABUL",
    "Pakistan": "ISLAMABAD; KARACHI",
    "India": "NEW DELHI; MUMBAI",
    "Bangladesh": "DHAKA",
    "Sri Lanka": "COLOMBO",
    "Nepal": "KATHMANDU",
    "Thailand": "BANGKOK",
    "Vietnam": "HANOI",
    "Malaysia": "KUALA LUMPUR",
    "Indonesia": "JAKARTA",
    "Philippines": "MANILA",
    "China": "BEIJING; SHANGHAI",
    "South Korea": "SEOUL",
    "Japan": "TOKYO; OSAKA",
    "Australia": "SYDNEY; MELBOURNE",
    "New Zealand": "WELLINGTON; AUCKLAND",
    "Canada": "TORONTO; OTTAWA; VANCOUVER",
    "United States": "WASHINGTON; NEW YORK; CHICAGO",
    "Mexico": "MEXICO CITY",
    "Cuba": "HAVANA",
    "Colombia": "BOGOTA",
    "Venezuela": "CARACAS",
    "Peru": "LIMA",
    "Chile": "SANTIAGO",
    "Argentina": "BUENOS AIRES",
    "Brazil": "BRASILIA; SAO PAULO",
}

_NEWS = Domain(
    "news",
    "datelines: half only an outlet, a quarter with the country, a quarter with city and country",
    ("({outlet}) --", "{country} ({outlet}) --", "({outlet}) --", "{city} ({outlet}) --"),
    {
        "country": tuple(_CITIES),
        "city": tuple(f"{city}, {country}" for country, cities in _CITIES.items() for city in _items(cities)),
        "outlet": _items("""
            Reuters; AP; AFP; CNN; BBC News; Bloomberg; UPI; Xinhua; Kyodo; Yonhap; DPA; ANSA; PTI; TASS; Al
            Jazeera; Sky News; ITV News; NPR; CBS News; NBC News; ABC News; Fox News; CBC News; Deutsche
            Welle; France 24; Euronews; The Guardian; The Independent; The Times; The Telegraph; Financial
            Times; The Irish Times; The Scotsman; The New York Times; The Washington Post; The Wall Street
            Journal; Los Angeles Times; Chicago Tribune; The Boston Globe; USA Today; The Globe and Mail;
            Toronto Star; The Sydney Morning Herald; The Age; The Hindu; The Straits Times; South China
            Morning Post; The Japan Times; The Jerusalem Post; Daily Nation
        """),
    },
)

# --- biomedical ---------------------------------------------------------------------------------------------

_BIOMEDICAL = Domain(
    "biomedical",
    "headings of an abstract, alone or with a first sentence on a disease, a drug or a method",
    _lines("""
        Abstract:
        Introduction:
        Methods:
        Results:
        Conclusion:
        Abstract: {Disease} is a major cause of disability worldwide.
        Abstract: Background: The causes of {disease} are not fully understood.
        Abstract: The aim of this study was to investigate risk factors for {disease}.
        Abstract: We report the case of a patient with {disease}.
        Abstract: Objective: To assess the effect of {drug} in patients with {disease}.
        Abstract: {Drug} is often given to patients who do not respond to other treatments.
        Abstract: {Method} is increasingly used in clinical research.
        Introduction: {Disease} affects millions of people.
        Introduction: The number of patients with {disease} has risen in recent years.
        Introduction: Little is known about the long-term safety of {drug}.
        Introduction: {Method} has been proposed for the early detection of {disease}.
        Methods: We enrolled adults with {disease} at three hospitals.
        Methods: Patients were randomly assigned to {drug} or placebo.
        Methods: Samples were analysed by {method}.
        Results: Patients who received {drug} had fewer symptoms than those who received placebo.
        Results: The risk of {disease} was higher in smokers.
        Results: {Method} detected {disease} in most patients.
        Conclusion: {Drug} was safe and effective in patients with {disease}.
        Conclusion: {Disease} should be considered in the differential diagnosis.
        Conclusion: Further studies are needed to confirm the role of {method} in {disease}.
    """),
    {
        "disease": _items("""
            type 2 diabetes; type 1 diabetes; asthma; hypertension; heart failure; atrial fibrillation;
            ischaemic stroke; coronary artery disease; chronic kidney disease; chronic obstructive pulmonary
            disease; pneumonia; tuberculosis; malaria; dengue fever; influenza; HIV infection; hepatitis B;
            hepatitis C; sepsis; breast cancer; lung cancer; prostate cancer; colorectal cancer; pancreatic
            cancer; melanoma; acute myeloid leukaemia; multiple myeloma; rheumatoid arthritis;
            osteoarthritis; osteoporosis; systemic lupus erythematosus; psoriasis; atopic dermatitis;
            Crohn's disease; ulcerative colitis; coeliac disease; irritable bowel syndrome; Alzheimer's
            disease; Parkinson's disease; multiple sclerosis; epilepsy; migraine; major depression; bipolar
            disorder; schizophrenia; autism; insomnia; obesity; iron deficiency anaemia; sickle cell
            disease; cystic fibrosis; glaucoma; macular degeneration; endometriosis; polycystic ovary
            syndrome; pre-eclampsia; preterm birth; chronic low back pain
        """),
        "drug": _items("""
            metformin; insulin; semaglutide; aspirin; warfarin; atorvastatin; ramipril; amlodipine;
            spironolactone; furosemide; prednisolone; methotrexate; rituximab; infliximab; tamoxifen;
            cisplatin; paclitaxel; pembrolizumab; imatinib; amoxicillin; azithromycin; vancomycin;
            fluconazole; ivermectin; oseltamivir; tenofovir; ibuprofen; paracetamol; morphine; ketamine;
            gabapentin; sertraline; lithium; clozapine; melatonin; vitamin D; zinc; omega-3 fatty acids
        """),
        "method": _items("""
            magnetic resonance imaging; computed tomography; positron emission tomography; ultrasound;
            electroencephalography; echocardiography; flow cytometry; mass spectrometry; real-time PCR;
            whole-genome sequencing; RNA sequencing; immunohistochemistry; Western blotting; liquid biopsy;
            liquid chromatography; ELISA
        """),
    },
)

# --- reddit -------------------------------------------------------------------------------------------------

_REDDIT = Domain(
    "reddit",
    "forum posts about everyday life: complete opening sentences in the first person",
    _lines("""
        I have been having trouble with my {thing}.
        I am not sure what to do about my {thing}.
        I have had the same problem with my {thing} for months.
        I recently had an argument with my {person} about my {thing}.
        My {person} keeps making jokes about my {thing}.
        Does anyone else worry about their {thing} all the time?
        I feel like my {thing} is taking over my life.
        Title: I need advice about my {thing}. Post:
        Can anyone help me with {doing}?
        I am thinking about {doing}.
        I have always been afraid of {doing}.
        I have been putting off {doing} for a long time.
        I have mixed feelings about {doing}.
        Does anyone have any tips for {doing}?
        My {person} and I cannot agree about {doing}.
        My {person} thinks that {doing} is a waste of time.
        My {person} wants me to stop {doing}.
        I am really nervous about {doing}, and I do not know where to start.
        Is it normal to feel guilty about {doing}?
        Title: How did you get better at {doing}? Post:
        r/relationships: My {person} and I have not spoken for two weeks.
        r/advice: I do not know how to tell my {person} about my {thing}.
        r/AskReddit: What is the best advice you ever got about {doing}?
        r/offmychest: I am tired of {doing}.
        My {person} and I have known each other for ten years.
        I think my {person} is angry with me.
        I lied to my {person}, and now I feel terrible about it.
        My {person} borrowed money from me and will not pay it back.
    """),
    {
        "person": _items("""
            boyfriend; girlfriend; husband; wife; best friend; mother; father; sister; older brother;
            younger sister; stepfather; mother-in-law; cousin; grandmother; uncle; teenage son; daughter;
            roommate; landlord; neighbour; boss; coworker; new manager; classmate; professor; teacher; ex;
            fiancé; flatmate; childhood friend
        """),
        "thing": _items("""
            sleep; job; weight; diet; anxiety; temper; memory; car; first apartment; rent; student loan;
            credit card debt; savings; wedding; divorce; pregnancy; acne; hair; teeth; back pain; knee;
            asthma; allergies; dog; cat; old house; garden; kitchen; bathroom; commute; bicycle; phone
            addiction; coffee habit; smoking; drinking; gaming; homework; thesis; final exams; grades;
            college application; major; job interview; résumé; promotion; night shifts; small business;
            taxes; insurance; passport; accent; handwriting; guitar playing; running; cooking; stage fright;
            social life; dating life; long-distance relationship; family; birthday party; wardrobe
        """),
        "doing": _items("""
            moving to a new city; living alone; buying a house; renting a room to a stranger; changing
            careers; quitting my job; asking for a raise; working from home; working with my family;
            starting a business; going back to school; learning a new language; learning to drive; learning
            to swim; learning to cook; playing the piano; writing a novel; reading before bed; getting up
            early; falling asleep at night; losing weight; eating less sugar; giving up coffee; quitting
            smoking; going to the gym; running a marathon; riding my bike to work; travelling alone; flying;
            camping in winter; saving money; paying off my debts; lending money to friends; investing in
            stocks; making new friends; talking to strangers; going to parties; speaking in public; meeting
            people online; going on dates; getting married; having children; adopting a child; raising
            twins; getting a dog; training a puppy; growing vegetables; cleaning my apartment; throwing away
            old things; painting the living room; repairing my own car; selling my car; shopping for
            clothes; cutting my own hair; wearing glasses; going to the dentist; seeing a therapist; calling
            my parents; visiting my relatives; celebrating my birthday; apologizing first; saying no; being
            alone on weekends
        """),
    },
)

# --- support ------------------------------------------------------------------------------------------------

# Each device on the left has each of the faults on the right.
_FAULTS = (
    (
        "laptop; work laptop; gaming laptop; MacBook; Chromebook",
        """
            will not turn on; will not charge; gets very hot; shuts down without warning; takes ten minutes
            to start; freezes several times a day; no longer recognizes the external monitor; loses its
            Wi-Fi connection all the time; has no sound after the last update; shows a black screen after
            logging in; does not wake up from sleep
        """,
    ),
    (
        "desktop computer; old PC; Windows 11 computer; Linux computer",
        """
            makes a loud noise; restarts by itself; gets stuck on the loading screen; does not find the hard
            drive; runs much slower than before; crashes when I play games; cannot connect to the Internet;
            does not recognize my USB stick
        """,
    ),
    (
        "phone; iPhone; Android phone; work phone",
        """
            does not charge any more; loses its battery within a few hours; does not ring when someone
            calls; cannot send text messages; says that the storage is full; no longer connects to my car;
            switches itself off; has a screen that does not respond to touch; does not receive any
            notifications; takes blurry pictures
        """,
    ),
    (
        "router; modem; new router",
        """
            drops the connection every evening; has to be restarted every day; is much slower than what I
            pay for; does not reach the upstairs bedroom; shows a red light; does not let me change the
            password; does not connect to my smart TV; blocks my work VPN
        """,
    ),
    (
        "printer; wireless printer; laser printer; scanner",
        """
            does not connect to the network; says it is offline when it is not; jams on every second page;
            prints blank pages; leaves black lines on the paper; does not recognize the new cartridge; is
            not found by my laptop
        """,
    ),
    (
        "tablet; iPad; e-reader",
        """
            does not open any books; will not install the update; freezes on the start screen; forgets the
            Wi-Fi password; no longer rotates the screen; does not charge overnight
        """,
    ),
    (
        "TV; smart TV; streaming stick; projector",
        """
            has a picture but no sound; turns itself off after a minute; cannot find the wireless network;
            does not respond to the remote control; flickers all the time; does not recognize the HDMI
            cable; keeps asking me to log in
        """,
    ),
    (
        "headset; Bluetooth speaker; pair of wireless earbuds; microphone",
        """
            does not connect to my computer; cuts out every few seconds; only works on one side; makes a
            crackling sound; is far too quiet; does not charge in its case; stopped working after the update
        """,
    ),
    (
        "keyboard; wireless mouse; webcam; touchpad",
        """
            is not recognized by my computer; works only sometimes; stopped working after the update; reacts
            with a long delay; disconnects after a few minutes
        """,
    ),
    (
        "email account; online account; game account",
        """
            has been locked; does not accept my password; does not send me the confirmation code; was used
            by somebody else; cannot be deleted
        """,
    ),
    (
        "email program; web browser; banking app; music app; photo app; calendar app",
        """
            crashes when I open it; does not synchronize with my phone; keeps logging me out; shows an error
            message that I do not understand; is extremely slow; will not install; no longer opens after the
            update; lost all of my settings
        """,
    ),
    (
        "smartwatch; fitness tracker; security camera; smart doorbell; thermostat",
        """
            does not pair with my phone; shows the wrong time; loses its connection every night; does not
            save any data; needs to be charged twice a day; sends me the same alert again and again
        """,
    ),
)

_SUPPORT = Domain(
    "support",
    "technical support forums: one or two sentences in the first person on something that does not work",
    _lines("""
        My {fault}.
        My {fault}, and I do not know why.
        My {fault}, and I cannot find a solution.
        My {fault}. I have already tried restarting it.
        My {fault}. I have tried everything I can think of.
        My {fault}. It worked fine until last week.
        My {fault}. I am not sure how to fix it.
        My {fault}. Has anyone else had this problem?
        My {fault}. I would be grateful for any help.
        I need some help because my {fault}.
        I am new to this forum, and I hope someone can help me. My {fault}.
        I contacted customer support because my {fault}.
        I followed the instructions in the manual, but my {fault}.
        I changed all the settings I could find. My {fault}.
        I have searched the forum without success. My {fault}.
        Can anyone tell me why my {fault}?
        What can I do if my {fault}?
    """),
    {
        "fault": tuple(
            f"{device} {fault}"
            for devices, faults in _FAULTS
            for device, fault in product(_items(devices), _items(faults))
        ),
    },
)

# --- reviews ------------------------------------------------------------------------------------------------

_REVIEWS = Domain(
    "reviews",
    "reviews of products, restaurants and hotels: one or two sentences in the first person",
    _lines("""
        I bought this {product} two weeks ago.
        I bought this {product} as a gift for my {person}.
        I have been using this {product} every day for a month.
        I was looking for a cheap {product}, so I decided to try this one.
        I had high hopes for this {product}, but I was disappointed.
        I am very happy with this {product}. It does exactly what it should.
        I returned this {product} after three days.
        I would not buy this {product} again.
        I was not sure about this {product} at first, but now I love it.
        This is the second {product} that I have bought from this company.
        My {person} recommended this {product} to me.
        We ate at this {restaurant} {evening}.
        I went to this {restaurant} with my {person} for dinner.
        I have been to this {restaurant} many times. I always order the {dish}.
        I ordered the {dish}, and my {person} had the {dish2}.
        The {dish} at this {restaurant} was the best I have ever had.
        I was disappointed with the {dish} at this {restaurant}. I had expected much more.
        We waited almost an hour for the {dish} at this {restaurant}.
        We stayed at this {hotel} {when}.
        I booked a room at this {hotel} for a weekend with my {person}.
        I stayed at this {hotel} with my {person}. I will not come back.
        Our room at this {hotel} was {state}.
        I liked this {hotel}, but the room was {state}.
        The staff of this {hotel} were friendly, but the breakfast was {state2}.
    """),
    {
        "product": _items("""
            coffee maker; toaster; kettle; blender; rice cooker; air fryer; frying pan; kitchen knife;
            cutting board; lunch box; water bottle; vacuum cleaner; steam iron; washing machine; dishwasher;
            microwave; desk lamp; office chair; standing desk; bookshelf; mattress; pillow; blanket; shower
            curtain; electric toothbrush; hair dryer; razor; face cream; shampoo; sunscreen; backpack;
            suitcase; handbag; wallet; umbrella; raincoat; winter jacket; sweater; pair of jeans; pair of
            running shoes; pair of hiking boots; watch; yoga mat; bicycle helmet; tent; sleeping bag;
            fishing rod; garden hose; lawn mower; cordless drill; tool box; flashlight; phone case; phone
            charger; power bank; pair of headphones; Bluetooth speaker; tablet; camera; tripod; computer
            mouse; keyboard; monitor; board game; puzzle; toy train; doll house; baby stroller; car seat;
            dog bed; cat litter box; fish tank; cookbook; novel
        """),
        "restaurant": _items("""
            Italian restaurant; Chinese restaurant; Indian restaurant; Thai restaurant; Mexican restaurant;
            Japanese restaurant; Greek restaurant; Turkish restaurant; French restaurant; Vietnamese
            restaurant; Korean restaurant; Lebanese restaurant; seafood restaurant; vegan restaurant;
            steakhouse; burger place; pizza place; noodle bar; sushi bar; tapas bar; café; bakery; pub;
            diner; buffet; food truck
        """),
        "dish": _items("""
            chicken curry; grilled salmon; mushroom risotto; margherita pizza; cheeseburger; steak; lamb
            chops; fish and chips; pad thai; ramen; lasagne; vegetable soup; Caesar salad; pulled pork;
            roast duck; spring rolls; shrimp tacos; lobster; pancakes; cheesecake; apple pie; chocolate cake
        """),
        "dish2": _items("""
            pasta; fried rice; fish; salad; vegetarian option; soup of the day; lunch special
        """),
        "hotel": _items("""
            hotel; small hotel; airport hotel; city hotel; beach hotel; spa hotel; ski hotel; family hotel;
            business hotel; historic hotel; country inn; hostel; guest house; bed and breakfast; motel;
            resort; mountain lodge; boutique hotel; seaside hotel; lakeside hotel
        """),
        "person": _items("""
            wife; husband; mother; father; sister; brother; daughter; son; grandmother; best friend;
            girlfriend; boyfriend; neighbour; colleague; boss; aunt; cousin; roommate
        """),
        "state": _items("""
            clean and quiet; small but comfortable; much too small; very noisy; not clean; cold and damp;
            far too hot; larger than I expected; different from the pictures; not ready when we arrived;
            next to the elevator; on the top floor; nicely decorated; old and worn; without a view
        """),
        "state2": _items("""
            excellent; disappointing; overpriced; nothing special; served too late
        """),
        "when": _items("""
            for three nights; for a week; over the Easter weekend; on our honeymoon; in the middle of
            winter; during a business trip; for our anniversary; on the way to the airport
        """),
        "evening": _items("""
            on a Saturday night; last night; for lunch; on our anniversary; after the theatre; on a rainy
            Sunday; on our last day in town
        """),
    },
)

DOMAINS: Mapping[str, Domain] = {
    domain.name: domain for domain in (_NEWS, _BIOMEDICAL, _REDDIT, _SUPPORT, _REVIEWS)
}


def find_domain(name: str) -> Domain:
    """The domain of a name. Raises RecipeError with the nearest one and all others."""
    if name not in DOMAINS:
        near = difflib.get_close_matches(name, DOMAINS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise RecipeError(f"contexts.domains: {name!r} is unknown; {hint}allowed: {', '.join(DOMAINS)}")
    return DOMAINS[name]
