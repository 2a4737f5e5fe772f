//! What the transports know of the schema: its names, which fields are lists, and what subscriptions give.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name,
    parser::{
        Error, parse_schema,
        types::{BaseType, FieldDefinition, InputValueDefinition, TypeKind, TypeSystemDefinition},
    },
};

/// The names of a schema. An error may name what stands here and nothing else, so that it never gives back what a client
/// wrote.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    names: HashSet<Name>,
    plain_lists: HashSet<String>,
    /// What each field of the subscription type gives, where that is an object, interface or union.
    given: HashMap<String, String>,
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
        let definitions = parse_schema(schema)?.definitions;
        vocabulary.given = given(&definitions);
        for definition in definitions {
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

    /// The type that a field of the subscription type gives; none where it has no fields of its own, or gives a list.
    pub(super) fn given_by(&self, field: &str) -> Option<&str> {
        self.given.get(field).map(String::as_str)
    }

    /// Puts the schema's own copy in place of a name that stands in it.
    pub(super) fn intern(&self, name: &mut Name) {
        if let Some(own) = self.names.get(name) {
            name.clone_from(own);
        }
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
        self.names.insert(Name::new(name));
    }
}

fn given(definitions: &[TypeSystemDefinition]) -> HashMap<String, String> {
    let types = || {
        definitions
            .iter()
            .filter_map(|definition| match definition {
                TypeSystemDefinition::Type(definition) => Some(&definition.node),
                TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
            })
    };
    let root = definitions.iter().find_map(|definition| match definition {
        TypeSystemDefinition::Schema(schema) => schema.node.subscription.as_ref(),
        TypeSystemDefinition::Type(_) | TypeSystemDefinition::Directive(_) => None,
    });
    let root = root.map_or("Subscription", |name| name.node.as_str());
    let has_fields = |name: &str| {
        let plain = |kind: &TypeKind| {
            matches!(
                kind,
                TypeKind::Scalar | TypeKind::Enum(_) | TypeKind::InputObject(_)
            )
        };
        types().any(|of| of.name.node == name && !plain(&of.kind))
    };
    let fields = types()
        .filter(|of| of.name.node == root)
        .filter_map(|of| match &of.kind {
            TypeKind::Object(object) => Some(&object.fields),
            TypeKind::Scalar
            | TypeKind::Interface(_)
            | TypeKind::Union(_)
            | TypeKind::Enum(_)
            | TypeKind::InputObject(_) => None,
        })
        .flatten();
    fields
        .filter_map(|field| match &field.node.ty.node.base {
            BaseType::Named(name) if has_fields(name) => {
                Some((field.node.name.node.to_string(), name.to_string()))
            }
            BaseType::Named(_) | BaseType::List(_) => None,
        })
        .collect()
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
        assert_eq!(
            vocabulary.given_by("messageAlerts"),
            Some("MessageAlertItem")
        );
        assert_eq!(vocabulary.given_by("sendMessage"), None);
    }
}
