//! Route tables: an address cannot be served without saying who may use it.

use actix_web::http::Method;

use crate::access::Access;

/// One address of headquarters.
#[derive(Clone, Debug)]
pub struct Address {
    /// How it is asked.
    pub method: Method,
    /// Its pattern, whole: variable parts in braces.
    pub pattern: &'static str,
    /// Who may use it.
    pub access: Access,
}

/// A route table. Makes `ADDRESSES`, and `serve_addresses`, which registers each with its handler.
///
/// ```text
/// route_table! {
///     "/v1": GET "/units" Holder(ReadRecords) => units::list;
/// }
/// ```
macro_rules! route_table {
    ($prefix:literal: $($method:ident $path:literal $access:ident $(($permission:ident))? => $handler:path;)+) => {
        /// Every address of this table, and who may use it.
        pub(crate) const ADDRESSES: &[$crate::http::Address] = &[$($crate::http::Address {
            method: actix_web::http::Method::$method,
            pattern: concat!($prefix, $path),
            access: $crate::access::Access::$access $(($crate::access::Permission::$permission))?,
        }),+];

        /// Registers every address of this table in a scope for its prefix.
        fn serve_addresses<T>(scope: actix_web::Scope<T>) -> actix_web::Scope<T>
        where
            T: actix_web::dev::ServiceFactory<
                    actix_web::dev::ServiceRequest,
                    Config = (),
                    Error = actix_web::Error,
                    InitError = (),
                >,
        {
            scope$(.route(
                $path,
                actix_web::web::method(actix_web::http::Method::$method).to($handler),
            ))+
        }
    };
}
pub(crate) use route_table;

/// Every address of headquarters, and who may use it.
pub fn addresses() -> impl Iterator<Item = &'static Address> {
    super::ADDRESSES.iter().chain(super::BESIDE).chain(crate::web::ADDRESSES)
}

/// Who may use what was asked; none where no route table has it.
pub(super) fn access_of(method: &Method, pattern: &str) -> Option<Access> {
    addresses()
        .find(|address| address.method == *method && address.pattern == pattern)
        .map(|address| address.access)
}
