//! Words that say where a name begins and ends, and what is none. All are folded: lower case, no accents.

use super::shapes::{holds, shapes};

pub(super) fn is_title(word: &str) -> bool {
    static SHAPES: [u64; 32] = shapes(&TITLES);
    holds(&SHAPES, &TITLES, word)
}

pub(super) fn is_particle(word: &str) -> bool {
    static SHAPES: [u64; 16] = shapes(&PARTICLES);
    holds(&SHAPES, &PARTICLES, word)
}

pub(super) fn is_suffix(word: &str) -> bool {
    static SHAPES: [u64; 16] = shapes(&SUFFIXES);
    holds(&SHAPES, &SUFFIXES, word)
}

pub(super) fn is_stop(word: &str) -> bool {
    static SHAPES: [u64; 256] = shapes(&STOPS);
    holds(&SHAPES, &STOPS, word)
}

pub(super) fn is_surname(word: &str) -> bool {
    static SHAPES: [u64; 32] = shapes(&SURNAMES);
    holds(&SHAPES, &SURNAMES, word)
}

pub(super) fn is_role(word: &str) -> bool {
    static SHAPES: [u64; 16] = shapes(&ROLES);
    holds(&SHAPES, &ROLES, word)
}

pub(super) fn is_connector(word: &str) -> bool {
    CONNECTORS.binary_search(&word).is_ok()
}

pub(super) fn is_ordinary(word: &str) -> bool {
    ORDINARY.binary_search(&word).is_ok()
}

pub(super) fn is_ambiguous(word: &str) -> bool {
    AMBIGUOUS.binary_search(&word).is_ok()
}

/// Words before a name, without their dots.
#[rustfmt::skip]
static TITLES: [&str; 86] = [
    "arq", "avv", "capt", "captain", "coach", "col", "detective", "dhr", "diplinform", "dipling", "diplinging",
    "diplkfm", "doctor", "dom", "don", "dona", "dott", "dottor", "dottoressa", "dottssa", "dr", "dra", "drs", "drta",
    "ds", "fr", "frau", "fraulein", "gen", "herr", "hon", "hr", "ing", "judge", "justice", "lady", "lic", "lord", "lt",
    "m", "madame", "mademoiselle", "mag", "maitre", "maj", "me", "meneer", "mevr", "mevrouw", "miss", "mister", "mlle",
    "mme", "monsieur", "mr", "mrs", "ms", "mx", "nurse", "officer", "pan", "pani", "principal", "prof", "profa",
    "professor", "rev", "senator", "senor", "senora", "senorita", "sgt", "sig", "signor", "signora", "signorina",
    "sigra", "sir", "sr", "sra", "sraa", "sria", "srita", "srta", "univ", "univprof",
];

/// Words in lower case between the words of a name.
#[rustfmt::skip]
static PARTICLES: [&str; 48] = [
    "abu", "af", "al", "av", "ben", "bin", "bint", "da", "dal", "dalla", "das", "de", "degli", "dei", "del", "della",
    "delle", "dello", "dem", "den", "der", "des", "di", "do", "dos", "du", "e", "el", "i", "ibn", "la", "le", "les",
    "saint", "san", "santa", "st", "te", "ten", "ter", "und", "van", "vom", "von", "y", "zu", "zum", "zur",
];

/// Words after a name, without their dots.
#[rustfmt::skip]
static SUFFIXES: [&str; 32] = [
    "ba", "bed", "beng", "bengineering", "bsc", "cpa", "dds", "dmd", "dphil", "dvm", "edd", "esq", "ii", "iii", "iv",
    "jd", "jr", "junior", "llb", "llm", "ma", "mba", "md", "mds", "med", "meng", "msc", "pe", "phd", "rn", "senior",
    "sr",
];

/// Words that take a capital and are no part of a name: those that begin sentences, peoples and
/// faiths, professions, roles, products, months and days.
#[rustfmt::skip]
static STOPS: [&str; 1225] = [
    "a", "aber", "able", "about", "abraco", "abracos", "absolutely", "academic", "acme", "active", "actually",
    "administrator", "advocate", "afraid", "africa", "african", "after", "again", "agent", "ai", "airbnb", "al", "ale",
    "aleman", "alemana", "alemanes", "alexa", "algerien", "algerienne", "alive", "all", "allemand", "allemande",
    "almost", "alone", "already", "also", "always", "amateur", "amazing", "amazon", "america", "american", "americana",
    "americans", "an", "anal", "analyst", "ancient", "and", "andaluz", "andaluza", "android", "anglais", "anglaise",
    "angry", "anonymous", "another", "any", "anyone", "anything", "app", "apple", "april", "aqui", "arab", "arch",
    "architect", "are", "argentina", "argentinian", "argentino", "array", "art", "artist", "as", "asia", "asian",
    "assistant", "assistente", "assistenz", "associate", "at", "atenciosamente", "atentamente", "atheist", "attorney",
    "auch", "august", "aunt", "aussie", "australian", "austrian", "author", "auto", "available", "aware", "away",
    "awesome", "back", "bad", "bank", "baptist", "bard", "based", "batman", "beautiful", "because", "become", "been",
    "before", "behind", "beijos", "being", "belge", "belgian", "best", "better", "between", "big", "bing", "bises",
    "bisexual", "black", "blessed", "blind", "blue", "boa", "board", "bom", "bonjour", "boolean", "bored", "born",
    "boss", "bot", "both", "brasileira", "brasileiro", "brasilena", "brasileno", "brazilian", "british", "broke",
    "brother", "brown", "buddhist", "buenas", "buenos", "building", "bulgarian", "buongiorno", "business", "busy",
    "but", "buyer", "by", "california", "calling", "can", "canadian", "canadien", "canadienne", "captain", "car",
    "catalan", "catalana", "catholic", "celtic", "ceo", "certain", "char", "chat", "chatbot", "chatgpt", "cheers",
    "chief", "chilean", "chilena", "chileno", "china", "chinese", "christian", "christmas", "chrome", "chromium",
    "ciao", "citizen", "class", "client", "cliente", "clinical", "clinton", "cloud", "co", "coder", "colleagues",
    "college", "colombian", "colombiana", "colombiano", "come", "coming", "committee", "como", "company", "computer",
    "con", "concern", "concerned", "confused", "congratulations", "consultant", "content", "context", "cordialement",
    "cordiali", "cordialmente", "corp", "could", "council", "crazy", "creating", "croatian", "ctf", "cuban", "cubana",
    "cubano", "cumprimentos", "current", "currently", "customer", "czech", "dad", "damen", "danish", "danke", "dark",
    "das", "data", "de", "dead", "deaf", "dear", "debugging", "december", "deep", "default", "definitely", "dein",
    "deine", "del", "dem", "democrat", "den", "department", "dependent", "der", "des", "desenvolvedor", "designer",
    "desk", "deutsche", "deutscher", "developer", "development", "developpeur", "diary", "did", "die", "dienstag",
    "digital", "dimanche", "director", "disabled", "discord", "discovered", "distinti", "doctor", "does", "doing",
    "domenica", "domingo", "donc", "done", "donnerstag", "down", "dr", "driver", "drunk", "du", "dutch", "each",
    "early", "eastern", "easy", "editor", "een", "egyptian", "ein", "eine", "einen", "either", "el", "ela", "ele",
    "electrical", "elle", "emperor", "employee", "en", "end", "engenheiro", "engineer", "england", "english", "enough",
    "entering", "entwickler", "equipe", "equipo", "er", "es", "espagnol", "espagnole", "espanol", "espanola",
    "espanolas", "espanoles", "especially", "estonian", "estoy", "estudante", "estudiante", "et", "etudiant", "eu",
    "europe", "europea", "european", "europeo", "even", "ever", "every", "everybody", "everyone", "everything", "evil",
    "ex", "example", "excel", "excited", "exhausted", "expecting", "experienced", "expert", "external", "facebook",
    "faithfully", "false", "fan", "far", "fast", "father", "february", "feeling", "fellow", "female", "few", "filipino",
    "final", "finance", "fine", "finished", "finnish", "fire", "first", "folks", "following", "for", "foreign",
    "foundation", "founder", "francais", "francaise", "france", "frances", "francesa", "francese", "franceses", "frau",
    "free", "freelance", "freitag", "french", "freundliche", "freundlichen", "friday", "friend", "friends", "from",
    "front", "frontend", "full", "fully", "fun", "furious", "future", "gallega", "gallego", "gay", "general",
    "generation", "gentile", "gentlemen", "german", "germany", "getting", "giovedi", "github", "glad", "gli", "gmbh",
    "go", "god", "going", "gold", "gone", "good", "google", "gpt", "gracias", "graduate", "grandma", "grandpa",
    "grateful", "grazie", "great", "greece", "greek", "green", "groet", "groeten", "group", "gruss", "grusse",
    "grussen", "guest", "guilty", "guys", "had", "half", "hallelujah", "hallo", "happy", "hard", "has", "hate", "have",
    "having", "he", "head", "hello", "help", "helping", "her", "here", "herr", "herren", "herzliche", "het", "hi",
    "high", "hij", "hilsen", "hindu", "hiring", "his", "hispanic", "hispanics", "hit", "hola", "home", "homosexual",
    "honest", "honestly", "hope", "hopeful", "hospital", "how", "however", "human", "hungarian", "hungry", "i", "ibm",
    "ich", "ici", "if", "ihr", "ik", "il", "ill", "ils", "im", "in", "inc", "indeed", "independent", "india", "indian",
    "indonesian", "ingegnere", "ingeniero", "ingenieur", "inglesa", "inglese", "ingleses", "innocent", "insegnante",
    "instead", "institute", "integer", "intel", "interested", "internal", "international", "into", "io", "iranian",
    "iraqi", "irish", "iron", "is", "islamic", "isn't", "israeli", "it", "italian", "italiana", "italianas", "italiano",
    "italien", "italienne", "italy", "its", "ja", "january", "japan", "japanese", "java", "javascript", "je", "jestem",
    "jesus", "jeudi", "jew", "jewish", "jij", "job", "jueves", "july", "june", "junior", "just", "kein", "keine",
    "kind", "kindest", "king", "korean", "kotlin", "kunde", "kundin", "la", "ladies", "landlord", "las", "latin",
    "latina", "latino", "latvian", "lawyer", "le", "lead", "leader", "learning", "leaving", "left", "legend", "lehrer",
    "lehrerin", "lei", "les", "lesbian", "let", "liebe", "life", "like", "likely", "linux", "literally", "lithuanian",
    "little", "living", "llama", "llc", "lo", "lol", "london", "long", "looking", "lord", "loro", "los", "lost", "lots",
    "love", "low", "ltd", "lucky", "lui", "lundi", "lunedi", "lunes", "ma", "maar", "machine", "mad", "madam", "madame",
    "made", "main", "mais", "making", "male", "manager", "mann", "many", "march", "mardi", "marketing", "marocain",
    "marocaine", "married", "martedi", "martes", "marxist", "mas", "master", "may", "maybe", "me", "mean", "medical",
    "mein", "meine", "member", "members", "mensch", "mental", "merci", "mercoledi", "mercredi", "mes", "met", "meu",
    "mexican", "mexicana", "mexicano", "mi", "mia", "microsoft", "middle", "miercoles", "might", "mijn", "mine",
    "minha", "mio", "mit", "mittwoch", "mobile", "model", "molto", "mom", "mon", "monday", "monsieur", "montag", "more",
    "moroccan", "mortal", "most", "mother", "mr", "mrs", "ms", "much", "muito", "mum", "muslim", "must", "mutter",
    "muy", "my", "myself", "name", "nao", "napoletana", "napoletano", "national", "native", "near", "nearly",
    "nederlander", "nederlandse", "nee", "neighbor", "neighbors", "neither", "netflix", "never", "new", "newbie",
    "next", "nice", "nicht", "nie", "niet", "nigerian", "nigh", "no", "nobody", "noch", "noi", "non", "none",
    "norwegian", "nos", "not", "nothing", "notre", "nous", "november", "now", "null", "number", "nurse", "nvidia", "o",
    "object", "obrigada", "obrigado", "october", "oder", "of", "off", "offering", "office", "officer", "official",
    "often", "oh", "ok", "okay", "ola", "old", "on", "once", "one", "online", "only", "open", "openai", "optional",
    "or", "oracle", "oraz", "orthodox", "os", "osterreicher", "osterreicherin", "other", "ou", "our", "out", "over",
    "owner", "oxford", "pakistani", "palestinian", "para", "parents", "part", "party", "pas", "patient", "paypal",
    "pending", "perfect", "perl", "permanent", "pero", "persian", "personal", "peruana", "peruano", "peruvian", "php",
    "physician", "piu", "please", "plus", "pm", "polakiem", "polish", "poor", "por", "portoghese", "portugaise",
    "portugues", "portuguesa", "portuguese", "posting", "potential", "power", "president", "pretty", "previous",
    "prime", "principal", "private", "pro", "probably", "product", "profesor", "professional", "professor",
    "proficient", "programm", "programmer", "project", "protestant", "proud", "public", "puerto", "purple", "python",
    "quality", "quarta", "que", "quebecois", "quebecoise", "queen", "question", "qui", "quick", "quinta", "quite",
    "rather", "react", "reader", "readers", "ready", "real", "really", "recently", "recruiter", "red", "refugee",
    "regards", "registered", "regular", "relationship", "religious", "remote", "republican", "required", "researcher",
    "resident", "resources", "respectfully", "responsible", "retired", "rich", "right", "roman", "romana", "romanian",
    "romano", "root", "running", "russia", "russian", "rust", "sa", "sabado", "sabato", "sad", "safe", "said", "sales",
    "saludos", "salutations", "saluti", "same", "samedi", "sample", "samstag", "samsung", "santa", "saturday", "saying",
    "scared", "schon", "school", "schweizer", "schweizerin", "science", "scientist", "scottish", "scrum", "second",
    "secretary", "security", "see", "segunda", "sehr", "sein", "self", "seller", "semi", "senhor", "senhora", "senior",
    "senor", "senora", "september", "serbian", "serious", "service", "services", "ses", "seu", "several", "sexta",
    "she", "should", "shy", "si", "siblings", "siciliana", "siciliano", "sick", "sie", "signora", "signore", "sim",
    "sincerely", "sir", "siri", "sirs", "sister", "sitting", "slack", "slovak", "so", "social", "software", "sole",
    "solutions", "some", "someone", "something", "son", "sonntag", "soon", "sorry", "south", "southern", "soy",
    "spagnola", "spagnolo", "spain", "spanish", "speaking", "special", "specialist", "spider", "spotify", "squadra",
    "staff", "starting", "state", "states", "steam", "still", "stop", "straight", "string", "stuck", "student",
    "studente", "studentin", "students", "studying", "su", "sua", "subscriber", "such", "suisse", "suissesse", "sunday",
    "suo", "super", "support", "supposed", "sure", "surname", "sus", "sviluppatore", "swedish", "swift", "swiss",
    "syrian", "system", "systems", "ta", "tak", "tall", "tamil", "teacher", "team", "technical", "tedesca", "tedesco",
    "tell", "temporary", "terca", "tes", "tesla", "texan", "text", "thai", "than", "thank", "thankful", "thanks",
    "that", "the", "their", "them", "then", "there", "therefore", "these", "they", "thing", "this", "those", "though",
    "thought", "three", "thrilled", "thursday", "tired", "title", "to", "today", "todo", "todos", "together",
    "tomorrow", "ton", "too", "top", "total", "totally", "trans", "transgender", "tres", "true", "truly", "trump",
    "trying", "tu", "tua", "tuesday", "tunisien", "tunisienne", "tuo", "turkish", "tv", "twitter", "two", "type",
    "typescript", "ubuntu", "ukrainian", "um", "uma", "un", "una", "unas", "uncle", "und", "undefined", "under", "une",
    "unfortunately", "unhappy", "union", "unique", "united", "university", "unix", "unknown", "uno", "unos", "uns",
    "unsure", "until", "up", "update", "upset", "us", "usa", "user", "using", "usted", "usually", "usuario", "utc",
    "valid", "valued", "varchar", "vasca", "vasco", "vater", "vegan", "vegetarian", "vendredi", "venerdi", "venezolana",
    "venezolano", "venezuelan", "very", "veteran", "vice", "video", "viele", "viernes", "vietnamese", "virtual",
    "voces", "voi", "votre", "vous", "vp", "waiting", "wall", "wanting", "warm", "warmest", "was", "watching", "we",
    "web", "wednesday", "welcome", "well", "welsh", "were", "west", "western", "what", "when", "where", "whether",
    "which", "while", "white", "who", "whole", "whom", "why", "widely", "wij", "will", "windows", "wir", "wish",
    "wishes", "with", "within", "without", "women", "won", "wondering", "word", "work", "worker", "working", "world",
    "worried", "would", "writer", "writing", "wrong", "xbox", "y", "yes", "yesterday", "yet", "york", "you", "young",
    "your", "yours", "youtube", "zen", "zero", "zij", "zoom",
];

/// Of those, the words that are surnames too.
#[rustfmt::skip]
static SURNAMES: [&str; 99] = [
    "april", "august", "belgian", "best", "black", "blue", "bom", "brother", "brown", "buenos", "christian",
    "christmas", "clinton", "dark", "doctor", "domingo", "driver", "early", "eastern", "easy", "emperor", "england",
    "english", "fan", "fast", "father", "fine", "french", "friend", "gay", "german", "glad", "gold", "good", "great",
    "green", "guest", "guilty", "hard", "head", "high", "hope", "irish", "italiano", "king", "latino", "left",
    "legend", "little", "london", "long", "lord", "love", "low", "lucky", "master", "may", "more", "ola", "perfect",
    "portugues", "power", "pretty", "proud", "quarta", "queen", "quick", "ready", "real", "rich", "right", "roman",
    "root", "sad", "safe", "sales", "santa", "school", "second", "segunda", "self", "senior", "serbian", "sexta",
    "sir", "sole", "south", "spanish", "still", "swift", "tall", "terca", "trump", "wall", "welsh", "west", "white",
    "york", "young",
];

/// Last words of what is not a person.
#[rustfmt::skip]
static ROLES: [&str; 49] = [
    "ai", "app", "assistant", "assistants", "bank", "bot", "bots", "center", "centre", "chatbot", "club", "co",
    "committee", "company", "corp", "department", "desk", "developer", "director", "editor", "engineer", "foundation",
    "gmbh", "gpt", "group", "inc", "institute", "llc", "ltd", "manager", "office", "officer", "president", "program",
    "project", "school", "service", "services", "shop", "software", "staff", "store", "student", "support", "system",
    "systems", "team", "university", "user",
];

/// Words in lower case with which a sentence goes on after a name.
#[rustfmt::skip]
static CONNECTORS: [&str; 65] = [
    "aber", "and", "at", "aus", "born", "but", "calling", "can", "con", "could", "da", "de", "desde", "e", "ed", "en",
    "et", "eu", "from", "habe", "hablo", "here", "ho", "how", "i", "ich", "ik", "im", "io", "ist", "j'ai", "ja", "je",
    "living", "ma", "mais", "mas", "mein", "meu", "mi", "mon", "my", "nice", "och", "of", "og", "or", "parlo", "pero",
    "please", "que", "so", "speak", "speaking", "tengo", "tenho", "und", "van", "vivi", "vivo", "what", "who", "with",
    "y", "yo",
];

/// Words in lower case that follow "my name is" and are no name.
#[rustfmt::skip]
static ORDINARY: [&str; 273] = [
    "a", "about", "above", "actually", "after", "again", "all", "allowed", "already", "also", "always", "an", "and",
    "any", "are", "as", "at", "attached", "available", "bad", "banned", "based", "basically", "be", "because",
    "becoming", "been", "before", "being", "below", "best", "better", "blank", "both", "but", "by", "called", "can",
    "cannot", "capitalized", "censored", "changed", "changing", "clear", "coming", "common", "con", "confidential",
    "cool", "correct", "correctly", "correcto", "das", "de", "deletreado", "der", "die", "different", "difficult",
    "displayed", "do", "does", "easy", "ecrit", "ecrite", "egal", "ein", "eine", "either", "el", "empty", "en",
    "enough", "entered", "equivocado", "errada", "errado", "es", "escrita", "escrito", "even", "ever", "everywhere",
    "exactly", "falsch", "famous", "fine", "for", "from", "funny", "fuori", "geheim", "geschrieben", "getting", "given",
    "going", "gone", "good", "great", "hard", "has", "have", "hidden", "how", "i", "identical", "if", "il", "important",
    "importante", "in", "included", "incorrect", "incorrectly", "inside", "irrelevant", "is", "it", "just", "kept",
    "kind", "known", "la", "lang", "largo", "le", "less", "like", "linked", "listed", "literally", "lo", "long",
    "longo", "lost", "lungo", "mal", "male", "mentioned", "mispelled", "missing", "misspelled", "molto", "more", "much",
    "mud", "muito", "muy", "my", "nao", "never", "nice", "nicht", "no", "nobody", "non", "none", "not", "nothing",
    "now", "o", "of", "often", "ok", "okay", "on", "one", "only", "or", "our", "out", "over", "para", "part", "pas",
    "perfectly", "please", "pretty", "printed", "privado", "private", "probably", "programm", "prononce", "pronounced",
    "pronunciado", "pronunciato", "properly", "public", "que", "quite", "rare", "raro", "really", "registered",
    "removed", "required", "right", "safe", "same", "saved", "sbagliata", "sbagliato", "scritta", "scritto", "secret",
    "secreto", "segreto", "sehr", "set", "short", "shown", "signed", "so", "some", "something", "sometimes",
    "somewhere", "special", "spelled", "spelt", "spoken", "still", "stored", "super", "supposed", "taken", "tan",
    "that", "the", "their", "there", "they", "this", "those", "to", "too", "top", "tres", "trop", "troppo", "true",
    "um", "uma", "un", "una", "une", "unimportant", "unique", "unknown", "unusual", "up", "used", "usually", "very",
    "weird", "well", "what", "when", "where", "which", "who", "why", "wichtig", "with", "without", "written", "wrong",
    "yet", "you", "your", "yours", "zu",
];

/// Given names that are words too, and in lower case more often those.
#[rustfmt::skip]
static AMBIGUOUS: [&str; 207] = [
    "ada", "aime", "alba", "ali", "allegra", "amber", "angel", "april", "art", "august", "aurora", "baron", "bella",
    "benigna", "benigno", "bento", "bianca", "bill", "blanca", "blanche", "bob", "brandy", "brook", "buck", "candy",
    "caridad", "carol", "celeste", "chance", "chase", "chiara", "christian", "chuck", "claire", "clara", "clemente",
    "cliff", "concepcion", "constant", "consuelo", "crystal", "daisy", "dale", "dan", "dawn", "dean", "desire",
    "destiny", "dick", "dina", "doc", "dolores", "don", "drew", "duke", "earl", "ed", "era", "ernst", "esperanza",
    "eve", "faith", "fausto", "fedele", "felice", "felicidad", "fidel", "fleur", "flora", "fortunata", "franca",
    "franco", "frank", "gay", "gene", "gentile", "gill", "ginger", "gioia", "glen", "gloria", "grace", "grant",
    "grazia", "guy", "hale", "han", "happy", "hazel", "heather", "holly", "hope", "hunter", "ines", "inocencio", "io",
    "iris", "ivy", "jack", "jade", "jasmine", "jay", "jean", "josh", "joy", "june", "justino", "justo", "kai", "kim",
    "king", "lais", "lan", "lance", "lea", "lee", "leon", "lily", "linda", "linus", "luna", "luz", "major", "mar",
    "marina", "marine", "mark", "max", "may", "melody", "mercedes", "mia", "milagros", "miles", "min", "mina", "mio",
    "misty", "modesta", "modesto", "natale", "nick", "nina", "noel", "noor", "norm", "nova", "nur", "ola", "olive",
    "opal", "pace", "pascal", "pat", "paz", "pearl", "penny", "per", "perla", "pilar", "placido", "precious", "prince",
    "prudencio", "randy", "ray", "reed", "reid", "remedios", "rex", "rich", "rob", "rosa", "rose", "ruby", "rusty",
    "sana", "sandy", "santa", "santo", "serena", "severo", "sincere", "sita", "sky", "skye", "sol", "sole", "soledad",
    "song", "star", "stele", "stella", "stormy", "sue", "summer", "sun", "sunny", "vera", "victor", "violet",
    "vitoria", "wade", "warren", "will", "wolf", "woody",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_can_be_searched_by_halves() {
        for list in [&TITLES[..], &PARTICLES, &SUFFIXES, &STOPS, &SURNAMES, &ROLES, &CONNECTORS, &ORDINARY, &AMBIGUOUS]
        {
            assert!(list.is_sorted_by(|a, b| a < b));
        }
        assert!(is_stop("american") && !is_stop("ana") && is_title("dottssa") && is_role("team"));
    }
}
