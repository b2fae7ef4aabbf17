//! Where evaluation reads: in a whole resource, or in the part of one that was selected.

use fhir::json::{Kind, Picked, Value};

/// A member's name, and its slot where only what is selected has been read.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: Box<str>,
    pub(crate) slot: usize,
}

impl Field {
    /// The member called `name`, in no slot yet.
    pub(crate) fn named(name: impl Into<Box<str>>) -> Self {
        Self { name: name.into(), slot: usize::MAX }
    }
}

/// A place in a resource.
pub(crate) trait Node<'a>: Copy + std::fmt::Debug {
    /// What stands there.
    fn kind(self) -> Kind<'a>;

    /// The member, if it is an object that has it.
    fn member(self, field: &Field) -> Option<Self>;

    /// The number of its items, if it is an array.
    fn length(self) -> Option<usize>;

    /// An item of the array.
    fn item(self, at: usize) -> Option<Self>;

    /// All that stands there, if the whole resource was read.
    fn whole(self) -> Option<&'a Value<'a>>;

    /// The text, if it is a string.
    #[inline]
    fn text(self) -> Option<&'a str> {
        if let Kind::Text(text) = self.kind() { Some(text) } else { None }
    }

    /// The text of a string, or a number's token.
    #[inline]
    fn token(self) -> Option<&'a str> {
        match self.kind() {
            Kind::Text(text) | Kind::Number(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of such a text or token.
    #[inline]
    fn token_bytes(self) -> Option<&'a [u8]> {
        self.token().map(str::as_bytes)
    }

    /// Whether it is `null`, which holds the place of a primitive that has extensions only (R4 §2.6.2.3).
    #[inline]
    fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }
}

/// Up to this many members are searched one after the other.
const LINEAR_MEMBERS: usize = 16;

impl<'a> Node<'a> for &'a Value<'a> {
    fn kind(self) -> Kind<'a> {
        match self {
            Value::Null => Kind::Null,
            Value::Bool(value) => Kind::Bool(*value),
            Value::Number(token) => Kind::Number(token),
            Value::String(text) => Kind::Text(text),
            Value::Array(items) => Kind::Array(items.len()),
            Value::Object(_) => Kind::Object,
        }
    }

    /// Objects are small: comparing names for equality beats ordering them.
    fn member(self, field: &Field) -> Option<Self> {
        let object = self.as_object()?;
        if object.len() > LINEAR_MEMBERS {
            return object.get(&field.name);
        }
        object.iter().find(|(found, _)| *found == &*field.name).map(|(_, value)| value)
    }

    fn length(self) -> Option<usize> {
        self.as_array().map(<[_]>::len)
    }

    fn item(self, at: usize) -> Option<Self> {
        self.as_array()?.get(at)
    }

    fn whole(self) -> Option<&'a Value<'a>> {
        Some(self)
    }
}

impl<'a> Node<'a> for Picked<'a> {
    #[inline]
    fn kind(self) -> Kind<'a> {
        Picked::kind(self)
    }

    #[inline]
    fn member(self, field: &Field) -> Option<Self> {
        self.slot(field.slot)
    }

    #[inline]
    fn length(self) -> Option<usize> {
        Picked::length(self)
    }

    #[inline]
    fn item(self, at: usize) -> Option<Self> {
        Picked::item(self, at)
    }

    fn whole(self) -> Option<&'a Value<'a>> {
        None
    }

    #[inline]
    fn token(self) -> Option<&'a str> {
        Picked::token(self)
    }

    #[inline]
    fn token_bytes(self) -> Option<&'a [u8]> {
        Picked::token_bytes(self)
    }

    #[inline]
    fn is_null(self) -> bool {
        Picked::is_null(self)
    }
}
