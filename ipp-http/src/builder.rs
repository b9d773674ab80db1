//! Composes the engine.

use std::sync::Arc;

use axum::Router;
use ipnet::IpNet;
use ipp_core::{
    app::{App, AppError, AppOptions, Ports},
    store::{AnyStore, Store},
};

use crate::{
    driver::Driver,
    images::ImageCache,
    phone::{PhoneService, PhoneSurface},
};

/// The engine with its HTTP surfaces. Several may live in one process.
#[derive(Debug, Clone)]
pub struct Ipp {
    app: Arc<App<AnyStore>>,
    phones: PhoneService,
}

/// Composes an [`Ipp`]. Everything without a safe default is an argument of [`Ipp::builder`].
#[derive(Debug)]
#[must_use]
pub struct IppBuilder {
    store: AnyStore,
    ports: Ports,
    options: AppOptions,
    proxies: Vec<IpNet>,
    image_cache_bytes: usize,
}

/// How much memory hot firmware images may take, in bytes.
pub const IMAGE_CACHE_BYTES: usize = crate::images::DEFAULT_CAPACITY;

impl Ipp {
    /// Begins with a store and the other ports.
    pub fn builder(store: impl Store, ports: Ports) -> IppBuilder {
        IppBuilder {
            store: AnyStore::new(store),
            ports,
            options: AppOptions::default(),
            proxies: Vec::new(),
            image_cache_bytes: IMAGE_CACHE_BYTES,
        }
    }

    /// The use cases.
    pub const fn app(&self) -> &Arc<App<AnyStore>> {
        &self.app
    }

    /// The phone surface. Each request must carry the [`PeerAddr`](crate::listener::PeerAddr) of its
    /// connection.
    pub fn phone_service(&self) -> PhoneService {
        self.phones.clone()
    }

    /// The same as a router, for hosts that put layers around it or other routes beside it.
    pub fn phone_router(&self) -> Router {
        Router::new().fallback_service(self.phone_service())
    }

    /// The background loop, to be spawned once per process.
    pub fn driver(&self) -> Driver {
        Driver::new(Arc::clone(&self.app))
    }
}

impl IppBuilder {
    /// Changes what is decided at composition.
    pub fn options(mut self, options: AppOptions) -> Self {
        self.options = options;
        self
    }

    /// Believes `X-Forwarded-For` from these peers: the SBC HTTP proxy, or a reverse proxy.
    pub fn trusted_proxies(mut self, proxies: Vec<IpNet>) -> Self {
        self.proxies = proxies;
        self
    }

    /// Bounds the memory of hot firmware images; the default is [`IMAGE_CACHE_BYTES`].
    pub const fn image_cache_bytes(mut self, bytes: usize) -> Self {
        self.image_cache_bytes = bytes;
        self
    }

    /// Opens the engine: loads the catalogue.
    pub async fn build(self) -> Result<Ipp, AppError> {
        let images = ImageCache::new(Arc::clone(&self.ports.blobs), self.image_cache_bytes);
        let app = Arc::new(App::open(self.store, self.ports, self.options).await?);
        let surface = PhoneSurface { app: Arc::clone(&app), images, proxies: self.proxies.into() };
        Ok(Ipp { app, phones: PhoneService::new(surface) })
    }
}
