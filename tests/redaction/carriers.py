"""What stands around a value in a chat, by kind and language. § marks where the value goes.

Made up here. The forms are those in which people paste such things: sentences, lists, tables, JSON, code, logs, signatures.
"""

# Around a value of any kind of token-like value (e-mail, IP, IBAN, wallet, card, secret), in any language.
TECHNICAL = {
    "EMAIL": [
        '{"email": "§", "active": true}', "mailto:§", "<§>", "| Contact | § | since 2019 |", "- e-mail: §", "From: §",
        "2024-05-11T10:22:31Z INFO login ok user=§ status=200", "INSERT INTO users (email) VALUES ('§');",
        'const ADMIN = "§";', "git config user.email §", "`§`", "**§**", "user,§,active,3", "to=§;cc=;bcc=", "(§)",
        "  email: §\n  role: admin", "assert normalise('§') is not None", "E-Mail:§", "Reply-To: \"Support\" <§>",
        "https://example.test/unsubscribe?u=§", "# TODO(§): remove after the migration",
    ],
    "IP": [
        "ping §", "ssh root@§", '{"client_ip": "§", "ok": false}', "Failed password for root from § port 51122 ssh2",
        "inet § scope global", "allow from §;", "server § iburst", "- host: §", "`§`", "X-Forwarded-For: §",
        "2024-05-11 10:22:31 WARN blocked src=§ reason=rate", "curl -m 5 telnet://§", "| gateway | § |", "host=§ port=5432",
        "§ is unreachable from the office", "DB_HOST=§", "bind_address = \"§\"", "A record: §", "[§]",
    ],
    "IBAN": [
        "IBAN: §", '{"iban": "§", "bic": "XXXXDEFF"}', "- account §", "| IBAN | § |", "beneficiary;§;EUR;120.00",
        "<iban>§</iban>", "validate_iban('§')", "`§`", "IBAN §, reference 2024/117", "transfer(to=\"§\", amount=40)",
    ],
    "CARD": [
        "card number: §", '{"number": "§", "exp_month": 12}', "- §", "| card | § |", "cc=§&amount=20", "`§`", "§, exp 11/28",
        "charge(card='§', amount=1999)", "Visa/MC: § cvc on the back", "payment failed for § (declined)",
    ],
    "CRYPTO": [
        "wallet: §", '{"to": "§", "value": "0.5"}', "- §", "`§`", "| address | § |", "send(§)", "const PAYEE = \"§\";",
        "tx confirmed, recipient §, fee 0.0001", "https://explorer.example.test/address/§", "donations: §",
    ],
    "SECRET": [
        "TOKEN=§", "export API_KEY=§", '{"api_key": "§"}', "Authorization: Bearer §", "const token = '§';", "token: §",
        'curl -H "Authorization: token §" https://api.example.test/v1/me', "`§`", "api_key = \"§\"  # rotate me",
        "  secret: §\n  region: eu-1", "git clone https://oauth2:§@git.example.test/team/app.git", "| key | § |",
        "client = Client(\"§\")", "docker run -e TOKEN=§ app:1.4", "env:\n  - name: KEY\n    value: §", "auth §",
        "ERROR invalid credentials: §", "password is §", "- §", "Set-Secret -Value '§'",
    ],
    "SSN": [
        "SSN: §", '{"ssn": "§"}', "- SSN §", "| Social Security Number | § |", "ssn=§", "taxpayer,§,single", "social: §",
        "Social Security No. §", "lookup(ssn='§')",
    ],
    "PHONE": [
        "Tel: §", '{"phone": "§"}', "- phone: §", "| Phone | § |", "phone=§", "TEL;TYPE=CELL:§", "Mobile: §", "Fax: §",
        "tel:§", "customer,§,active", "WhatsApp: §", "dial('§')", "T: §", "☎ §",
    ],
}

# Sentences, by language.
SPOKEN = {
    "en": {
        "EMAIL": ["You can reach me at §.", "Please send the draft to § before noon.", "My address is §, in case it helps.",
                  "I wrote to § twice and nobody answered!", "Is § still the right address?", "cc § on that, please"],
        "IP": ["My router shows § as the address.", "Why does the server at § refuse connections?", "The camera is on §, I think.",
               "Traffic from § looks suspicious."],
        "IBAN": ["Please transfer the rent to §.", "My account is § at the local bank.", "Is § a valid IBAN?"],
        "CARD": ["My card § was declined twice.", "They charged § without asking.", "Use § for the booking, please.",
                 "Is § a valid card number?"],
        "CRYPTO": ["Send it to § and tell me when it is done.", "I lost access to §.", "Which exchange owns §?"],
        "SECRET": ["I pasted § into the wrong window, is that bad?", "The key is § and it worked yesterday.",
                   "Why does § give me a 401?", "Our staging token § expires on Friday."],
        "SSN": ["My SSN is §.", "The form asks for my social security number, which is §, right?", "Her social security number is §."],
        "PHONE": ["Call me at § after six.", "My number is §.", "You can text § any time.", "The clinic's phone is §, ask for the nurse.",
                  "I tried § but it only rings."],
    },
    "de": {
        "EMAIL": ["Schreib mir bitte an §.", "Meine Adresse ist §, falls es hilft.", "Ist § noch richtig?"],
        "IP": ["Der Router hat die Adresse §.", "Warum antwortet § nicht?"],
        "IBAN": ["Bitte überweise die Miete auf §.", "Mein Konto ist § bei der Sparkasse."],
        "CARD": ["Meine Karte § wurde abgelehnt.", "Bitte § belasten."],
        "CRYPTO": ["Schick es bitte an §.", "Wem gehört §?"],
        "SECRET": ["Der Schlüssel ist § und ging gestern noch.", "Warum liefert § einen Fehler?"],
        "SSN": ["Meine amerikanische SSN ist §."],
        "PHONE": ["Ruf mich unter § an.", "Meine Nummer ist §.", "Telefonisch erreichbar unter §, ab acht Uhr.", "Handy: §"],
    },
    "fr": {
        "EMAIL": ["Écrivez-moi à §, merci.", "Mon adresse est §.", "Est-ce que § est encore valable ?"],
        "IP": ["Le routeur a l'adresse §.", "Pourquoi § ne répond pas ?"],
        "IBAN": ["Merci de virer le loyer sur §.", "Mon compte est le §."],
        "CARD": ["Ma carte § a été refusée.", "Payez avec § s'il vous plaît."],
        "CRYPTO": ["Envoyez-le à §.", "À qui appartient § ?"],
        "SECRET": ["La clé est § et elle marchait hier.", "Pourquoi § renvoie une erreur ?"],
        "SSN": ["Mon SSN américain est le §."],
        "PHONE": ["Appelez-moi au §.", "Mon numéro est le §.", "Tél. : §", "Portable : §, après 18 h."],
    },
    "es": {
        "EMAIL": ["Escríbeme a §, por favor.", "Mi correo es §.", "¿Sigue siendo § el correcto?"],
        "IP": ["El router tiene la dirección §.", "¿Por qué no responde §?"],
        "IBAN": ["Transfiere el alquiler a §.", "Mi cuenta es §."],
        "CARD": ["Rechazaron mi tarjeta § dos veces.", "Paga con §, por favor."],
        "CRYPTO": ["Envíalo a §.", "¿De quién es §?"],
        "SECRET": ["La clave es § y ayer funcionaba.", "¿Por qué § da un error?"],
        "SSN": ["Mi SSN de Estados Unidos es §."],
        "PHONE": ["Llámame al §.", "Mi número es §.", "Teléfono: §", "Mi móvil es el §, por las tardes."],
    },
    "pt": {
        "EMAIL": ["Escreva para §, por favor.", "O meu e-mail é §.", "§ ainda é o endereço certo?"],
        "IP": ["O roteador tem o endereço §.", "Por que § não responde?"],
        "IBAN": ["Transfere o aluguel para §.", "A minha conta é §."],
        "CARD": ["O meu cartão § foi recusado.", "Paga com §, por favor."],
        "CRYPTO": ["Manda para §.", "De quem é §?"],
        "SECRET": ["A chave é § e ontem funcionava.", "Por que § dá erro?"],
        "SSN": ["O meu SSN americano é §."],
        "PHONE": ["Liga para §.", "O meu número é §.", "Telefone: §", "Meu celular é §, depois das seis."],
    },
    "it": {
        "EMAIL": ["Scrivimi a §, per favore.", "Il mio indirizzo è §.", "§ è ancora giusto?"],
        "IP": ["Il router ha l'indirizzo §.", "Perché § non risponde?"],
        "IBAN": ["Fai il bonifico su §.", "Il mio conto è §."],
        "CARD": ["La mia carta § è stata rifiutata.", "Usa § per pagare."],
        "CRYPTO": ["Mandalo a §.", "Di chi è §?"],
        "SECRET": ["La chiave è § e ieri funzionava.", "Perché § dà errore?"],
        "SSN": ["Il mio SSN americano è §."],
        "PHONE": ["Chiamami al §.", "Il mio numero è §.", "Telefono: §", "Cellulare: §, dopo le sei."],
    },
    "nl": {
        "EMAIL": ["Mail me op §.", "Mijn adres is §."], "IP": ["De router heeft adres §."], "IBAN": ["Maak de huur over naar §."],
        "CARD": ["Mijn kaart § is geweigerd."], "CRYPTO": ["Stuur het naar §."], "SECRET": ["De sleutel is §."],
        "SSN": ["Mijn Amerikaanse SSN is §."], "PHONE": ["Bel me op §.", "Mijn nummer is §.", "Telefoon: §"],
    },
    "pl": {
        "EMAIL": ["Napisz do mnie na §.", "Mój adres to §."], "IP": ["Router ma adres §."], "IBAN": ["Przelej czynsz na §."],
        "CARD": ["Moja karta § została odrzucona."], "CRYPTO": ["Wyślij na §."], "SECRET": ["Klucz to §."],
        "SSN": ["Mój amerykański SSN to §."], "PHONE": ["Zadzwoń pod §.", "Mój numer to §.", "Telefon: §"],
    },
    "ja": {
        "EMAIL": ["§ までご連絡ください。", "メールアドレスは§です。"], "IP": ["ルーターのアドレスは § です。"], "IBAN": ["家賃は § に振り込んでください。"],
        "CARD": ["カード番号は § です。"], "CRYPTO": ["§ に送ってください。"], "SECRET": ["キーは § です。"], "SSN": ["SSN は § です。"],
        "PHONE": ["電話番号は§です。", "電話: §", "§ に電話してください。"],
    },
}

# The phrases of the goal: "my name is", "I am", and closings of letters, in six languages.
NAMES = {
    "en": ["My name is § and I need help with a letter.", "Hi, my name is §.", "hello, my name's §, I run a small shop",
           "I am § and I live by the sea.", "I'm §, the new treasurer.", "Hello, I am §.", "Thanks for everything!\n\nRegards,\n§",
           "See you soon.\n\nBest regards,\n§\n", "Kind regards,\n§", "Sincerely,\n§", "Talk soon.\n\nBest wishes,\n§", "Yours faithfully,\n§\nTreasurer"],
    "de": ["Mein Name ist § und ich brauche Hilfe.", "Hallo, ich heiße §.", "Ich bin §, die neue Kassenwartin.", "Guten Tag, mein Name ist §.",
           "Vielen Dank!\n\nMit freundlichen Grüßen\n§", "Bis bald.\n\nViele Grüße,\n§", "Liebe Grüße\n§", "Beste Grüße,\n§\n"],
    "fr": ["Je m'appelle § et j'ai besoin d'aide.", "Bonjour, je m’appelle §.", "Mon nom est §.", "Je suis §, la nouvelle trésorière.",
           "Merci d'avance.\n\nCordialement,\n§", "À bientôt.\n\nBien cordialement,\n§", "Bien à vous,\n§", "Salutations distinguées,\n§"],
    "es": ["Me llamo § y necesito ayuda.", "Hola, me llamo §.", "Mi nombre es §.", "Soy §, la nueva tesorera.",
           "Muchas gracias.\n\nSaludos,\n§", "Un saludo,\n§", "Atentamente,\n§", "Hasta pronto.\n\nSaludos cordiales,\n§\n"],
    "pt": ["Meu nome é § e preciso de ajuda.", "Olá, o meu nome é §.", "Chamo-me §.", "Eu sou §, a nova tesoureira.", "Me chamo §, prazer.",
           "Obrigado por tudo.\n\nAtenciosamente,\n§", "Abraços,\n§", "Com os melhores cumprimentos,\n§", "Até breve.\n\nCumprimentos,\n§"],
    "it": ["Mi chiamo § e ho bisogno di aiuto.", "Ciao, mi chiamo §.", "Il mio nome è §.", "Sono §, la nuova tesoriera.",
           "Grazie di tutto.\n\nCordiali saluti,\n§", "Distinti saluti,\n§", "Un saluto,\n§", "A presto.\n\nSaluti,\n§\n"],
}

# Other phrases that introduce a name; measured, without a goal.
OTHER_NAMES = {
    "en": ["Dear §,\n\nthank you for your letter.", "Name: §", "This is § from accounting.", "Please call me §.", "Hi §,\n\nhow are you?",
           "Signed: §", "Full name: §", "Author: §"],
    "de": ["Liebe Frau §,", "Name: §", "Hier spricht §."], "fr": ["Chère Madame §,", "Nom : §", "Ici § du service clients."],
    "es": ["Estimada §:", "Nombre: §", "Habla § de contabilidad."], "pt": ["Prezada §,", "Nome: §", "Aqui é § da contabilidade."],
    "it": ["Gentile §,", "Nome: §", "Parla § dalla contabilità."],
}
