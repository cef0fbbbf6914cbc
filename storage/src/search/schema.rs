//! What the segments keep of a record: words to find it by, and its ids. No text is kept whole.

use super::prints::order;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::search::{Document, each_word, terms};
use tantivy::directory::MmapDirectory;
use tantivy::schema::{
    BytesOptions, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions, Value,
};
use tantivy::store::Compressor;
use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer};
use tantivy::{Index, IndexSettings, TantivyDocument};

/// The name under which tantivy knows how a text becomes words.
const WORDS: &str = "words";
/// The fast field by which equals are put in order.
pub(super) const ORDER: &str = "order";

/// The fields of a document.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    /// Words of every text, with their places.
    pub words: Field,
    /// What the record says of itself, as terms.
    pub facts: Field,
    /// The record's id.
    pub record: Field,
    /// The body's id.
    pub body: Field,
    order: Field,
}

impl Fields {
    /// The fields of an index that has all of them.
    pub(super) fn of(index: &Index) -> Option<Fields> {
        let schema = index.schema();
        let field = |name: &str| schema.get_field(name).ok();
        (schema == schema_now()).then_some(())?;
        Some(Fields {
            words: field(WORDS)?,
            facts: field("facts")?,
            record: field("record")?,
            body: field("body")?,
            order: field(ORDER)?,
        })
    }

    /// A record as a document.
    pub(super) fn document(&self, record: &Cid, body: &Cid, document: &Document) -> TantivyDocument {
        let id = record.to_bytes();
        let mut of = TantivyDocument::default();
        document.texts.iter().for_each(|text| of.add_text(self.words, text));
        terms(&document.facts).iter().for_each(|term| of.add_text(self.facts, term));
        of.add_bytes(self.record, &id);
        of.add_bytes(self.body, &body.to_bytes());
        of.add_u64(self.order, order(record));
        of
    }

    /// The record of a document that was stored.
    pub(super) fn record_of(&self, document: &TantivyDocument) -> Option<Cid> {
        Fields::id(document, self.record)
    }

    /// The record and the body of a document that was stored.
    pub(super) fn ids_of(&self, document: &TantivyDocument) -> Option<(Cid, Cid)> {
        Some((Fields::id(document, self.record)?, Fields::id(document, self.body)?))
    }

    fn id(document: &TantivyDocument, field: Field) -> Option<Cid> {
        Cid::from_bytes(document.get_first(field)?.as_bytes()?).ok()
    }
}

fn schema_now() -> Schema {
    let mut schema = Schema::builder();
    let text = |tokenizer: &str, option: IndexRecordOption, norms: bool| {
        let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option);
        TextOptions::default().set_indexing_options(indexing.set_fieldnorms(norms))
    };
    schema.add_text_field(WORDS, text(WORDS, IndexRecordOption::WithFreqsAndPositions, true));
    schema.add_text_field("facts", text("raw", IndexRecordOption::Basic, false));
    schema.add_bytes_field("record", BytesOptions::default().set_indexed().set_stored());
    schema.add_bytes_field("body", BytesOptions::default().set_indexed().set_stored());
    schema.add_u64_field(ORDER, NumericOptions::default().set_fast());
    schema.build()
}

/// A new index in a folder.
///
/// # Errors
/// When the system refuses.
pub(super) fn create(dir: MmapDirectory) -> tantivy::Result<Index> {
    let settings = IndexSettings {
        docstore_compression: Compressor::None,
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    };
    Index::builder().schema(schema_now()).settings(settings).open_or_create(dir)
}

/// Tells an index how a text becomes words.
pub(super) fn register(index: &mut Index) {
    index.tokenizers().register(WORDS, TextAnalyzer::builder(Words).build());
}

/// The words of `protocol`, as tantivy takes them.
#[derive(Clone)]
struct Words;

/// The words of one text.
struct Stream {
    words: std::vec::IntoIter<Token>,
    at: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = Stream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream {
        let mut words = Vec::new();
        each_word(text, &mut |word, at| {
            let (offset_from, offset_to, position) = (at.start, at.end, words.len());
            words.push(Token { offset_from, offset_to, position, text: word.to_owned(), position_length: 1 });
        });
        Stream { words: words.into_iter(), at: Token::default() }
    }
}

impl TokenStream for Stream {
    fn advance(&mut self) -> bool {
        self.words.next().map(|word| self.at = word).is_some()
    }

    fn token(&self) -> &Token {
        &self.at
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.at
    }
}
