//! What the transports know of the schema: its names, and which fields are lists.

use std::collections::HashSet;

use async_graphql::parser::{
    Error, parse_schema,
    types::{BaseType, FieldDefinition, InputValueDefinition, TypeKind, TypeSystemDefinition},
};

/// The names of a schema. An error may name what stands here and nothing else, so that it never gives back what a client
/// wrote.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    names: HashSet<String>,
    plain_lists: HashSet<String>,
}

impl Vocabulary {
    /// Reads a schema as it is published.
    ///
    /// # Errors
    /// When that text is no schema.
    pub fn read(schema: &str) -> Result<Self, Error> {
        let mut vocabulary = Self::default();
        for name in ["Boolean", "Float", "ID", "Int", "String"] {
            vocabulary.name(name);
        }
        for definition in parse_schema(schema)?.definitions {
            match definition {
                TypeSystemDefinition::Type(definition) => {
                    vocabulary.name(&definition.node.name.node);
                    vocabulary.kind(&definition.node.kind);
                }
                TypeSystemDefinition::Directive(directive) => {
                    vocabulary.name(&directive.node.name.node);
                    for argument in &directive.node.arguments {
                        vocabulary.input(&argument.node);
                    }
                }
                TypeSystemDefinition::Schema(_) => {}
            }
        }
        Ok(vocabulary)
    }

    /// Whether a field is a list and no page, so that nobody says how much of it they want.
    pub(super) fn is_plain_list(&self, field: &str) -> bool {
        self.plain_lists.contains(field)
    }

    /// Whether a text is made of nothing but names of the schema, such as `[String!]` or `input.email`.
    pub(super) fn knows(&self, text: &str) -> bool {
        text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
            .all(|word| self.names.contains(word))
    }

    fn kind(&mut self, kind: &TypeKind) {
        match kind {
            TypeKind::Scalar | TypeKind::Union(_) => {}
            TypeKind::Object(object) => object.fields.iter().for_each(|f| self.field(&f.node)),
            TypeKind::Interface(interface) => {
                interface.fields.iter().for_each(|f| self.field(&f.node));
            }
            TypeKind::Enum(of) => of.values.iter().for_each(|v| self.name(&v.node.value.node)),
            TypeKind::InputObject(input) => input.fields.iter().for_each(|f| self.input(&f.node)),
        }
    }

    fn field(&mut self, field: &FieldDefinition) {
        let name = &field.name.node;
        self.name(name);
        for argument in &field.arguments {
            self.input(&argument.node);
        }
        let is_list = matches!(field.ty.node.base, BaseType::List(_));
        if is_list && !matches!(name.as_str(), "nodes" | "edges") {
            self.plain_lists.insert(name.to_string());
        }
    }

    fn input(&mut self, input: &InputValueDefinition) {
        self.name(&input.name.node);
    }

    fn name(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_lists_are_read_from_a_schema() {
        let vocabulary = Vocabulary::read(
            r#"
            "A secret stands in no text."
            type Query { people(search: Search!, by: [Order!]): People! version: String! }
            type People { nodes: [Person!]! edges: [Edge] }
            type Person { tags(only: Boolean): [String!]! }
            input Search { name: String }
            enum Order { NAME AGE }
            "#,
        )
        .unwrap();
        for known in [
            "Query",
            "people",
            "search.name",
            "[String!]!",
            "AGE",
            "tags",
            "Boolean",
        ] {
            assert!(vocabulary.knows(known), "{known}");
        }
        for unknown in ["secret", "search.secret", "$secret", "ä"] {
            assert!(!vocabulary.knows(unknown), "{unknown}");
        }
        assert!(vocabulary.is_plain_list("tags"));
        for other in ["nodes", "edges", "people", "version"] {
            assert!(!vocabulary.is_plain_list(other), "{other}");
        }
        assert!(Vocabulary::read("type {").is_err());
    }

    #[test]
    fn the_published_schema_can_be_read() {
        let vocabulary = Vocabulary::read(include_str!("../../../../schema.graphql")).unwrap();
        assert!(vocabulary.is_plain_list("panel") && !vocabulary.is_plain_list("inbox"));
        assert!(vocabulary.knows("input.idempotencyKey"));
    }
}
