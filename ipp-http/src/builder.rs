//! Composes the engine.

use std::sync::Arc;

use axum::Router;
use ipnet::IpNet;
use ipp_core::{
    app::{App, AppError, AppOptions, Ports},
    store::{AnyStore, Store},
};

use crate::{
    admin::{AdminService, AdminSurface},
    console::Console,
    driver::Driver,
    images::ImageCache,
    mount::MountPath,
    phone::{PhoneService, PhoneSurface},
    web::WebService,
};

/// The engine with its HTTP surfaces. Several may live in one process.
#[derive(Debug, Clone)]
pub struct Ipp {
    app: Arc<App<AnyStore>>,
    phones: PhoneService,
    admin: Arc<AdminSurface>,
    console: Arc<Console>,
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
    plain_http: bool,
    mount: MountPath,
    design_page: bool,
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
            plain_http: false,
            mount: MountPath::default(),
            design_page: false,
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

    /// The console and the REST API, for listeners that speak TLS or do not.
    pub fn admin_service(&self, tls: bool) -> AdminService {
        AdminService::new(&self.admin, &self.console, tls)
    }

    /// Phones and administrators on one listener: the manual's web ports.
    pub fn web_service(&self, tls: bool) -> WebService {
        WebService::new(self.phone_service(), self.admin_service(tls))
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

    /// Lets people and programs log in over plain HTTP, where anybody on the way reads along. For
    /// tests, and where something else protects the way.
    pub const fn insecure_plain_http_login(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Serves administrators below this path instead of the root, beside what else the host serves there.
    /// The host hands requests on with their whole path. Phones have paths of their own, which they
    /// do not change: their listener is the engine's alone.
    pub fn mounted_at(mut self, mount: MountPath) -> Self {
        self.mount = mount;
        self
    }

    /// Serves the page `/ipp/design`, which shows everything that the console's pages are made of.
    pub const fn design_page(mut self) -> Self {
        self.design_page = true;
        self
    }

    /// Opens the engine: loads the catalogue.
    pub async fn build(self) -> Result<Ipp, AppError> {
        let images = ImageCache::new(Arc::clone(&self.ports.blobs), self.image_cache_bytes);
        let app = Arc::new(App::open(self.store, self.ports, self.options).await?);
        // Phones are served whether or not the host answers yet; the driver asks it again.
        if let Err(error) = app.adopt_regions().await {
            tracing::warn!(%error, "the regions of the host application are not all taken over");
        }
        let proxies: Arc<[IpNet]> = self.proxies.into();
        let surface =
            PhoneSurface { app: Arc::clone(&app), images: images.clone(), proxies: Arc::clone(&proxies) };
        let admin = AdminSurface {
            app: Arc::clone(&app),
            images,
            proxies,
            plain_http: self.plain_http,
            mount: self.mount,
        };
        let console = Arc::new(Console::new(&admin.mount, self.design_page));
        Ok(Ipp { app, phones: PhoneService::new(surface), admin: Arc::new(admin), console })
    }
}
