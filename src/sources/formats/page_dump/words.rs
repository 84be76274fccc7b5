//! Word lists in English, Spanish, Portuguese and French, in lower case without accents (as
//! returned by [`key`](super::lines::key) and [`fold`](super::lines::fold)), separated by comma and
//! space.

/// Share bars and social networks.
pub(crate) const SHARE: &str = "\
    share, share this, share this page, share this article, share on, share it, share this post, \
    compartir, comparte, compartir en, compartelo, compartir esta pagina, compartir este \
    articulo, compartilhar, compartilhe, compartilhe isso, compartilhe isto, partilhar, \
    compartilhe esta noticia, partager, partagez, partager cet article, partager sur, partager \
    cette page, facebook, twitter, x, linkedin, instagram, youtube, whatsapp, telegram, flickr, \
    tiktok, email, e mail, correo, pinterest, bluesky, mastodon, threads, copy link, copiar \
    enlace, copiar link, copier le lien, tweet, print, imprimir, imprimer, envoyer par e mail, \
    facebook twitter linkedin";

/// Headings of lists of other pages.
pub(crate) const RELATED: &str = "\
    related items, related, related articles, related news, related posts, related content, \
    related stories, related publications, related events, related links, related pages, read \
    also, see also, read more about this, you may also like, you might also like, more news, \
    more stories, more articles, latest news, latest posts, latest articles, latest, recent \
    posts, recent news, recent articles, other recent posts, other recent press releases, other \
    recent news, other news, other articles, most read, most popular, popular posts, upcoming \
    events, next article, previous article, keep reading, recommended, recommended for you, what \
    to read next, noticias relacionadas, articulos relacionados, entradas relacionadas, \
    contenido relacionado, contenidos relacionados, publicaciones relacionadas, temas \
    relacionados, eventos relacionados, relacionados, relacionadas, items relacionados, \
    elementos relacionados, lea tambien, lee tambien, leer tambien, ver tambien, vea tambien, te \
    puede interesar, tambien te puede interesar, le puede interesar, mas noticias, otras \
    noticias, otros articulos, ultimas noticias, noticias recientes, entradas recientes, otras \
    noticias recientes, otros comunicados recientes, otras notas recientes, otras entradas \
    recientes, lo mas leido, lo mas visto, mas leidas, proximos eventos, artigos relacionados, \
    conteudo relacionado, conteudos relacionados, leia tambem, veja tambem, leia mais sobre, \
    saiba mais sobre, mais noticias, outras noticias, posts relacionados, posts recentes, \
    noticias recentes, mais lidas, mais lidos, ultimas publicacoes, publicacoes relacionadas, \
    voce tambem pode gostar, voce pode gostar de, a lire aussi, lire aussi, a lire egalement, \
    voir aussi, articles relies, articles lies, articles similaires, articles connexes, articles \
    recents, actualites liees, actualites connexes, autres actualites, autres articles, sur le \
    meme sujet, sur le meme theme, dans la meme rubrique, dernieres actualites, dernieres \
    nouvelles, les plus lus, plus d'actualites, plus d actualites, vous aimerez aussi, a \
    decouvrir aussi, contenus associes, evenements a venir, pour aller plus loin";

/// Headings of comment sections.
pub(crate) const COMMENTS: &str = "\
    comments, comment, leave a comment, leave a reply, leave your comment, post a comment, add a \
    comment, join the discussion, responses, response, thoughts on, no comments, comentarios, \
    comentario, deja un comentario, deja una respuesta, dejar un comentario, agregar comentario, \
    sin comentarios, respuestas, deixe um comentario, deixe uma resposta, deixe seu comentario, \
    nenhum comentario, commentaires, commentaire, laisser un commentaire, laissez un \
    commentaire, ajouter un commentaire, aucun commentaire, reactions, comments are closed, los \
    comentarios estan cerrados, les commentaires sont fermes";

/// Newsletter, contact and legal boxes.
pub(crate) const CLOSING: &str = "\
    our newsletter, newsletter, subscribe, subscribe to our newsletter, sign up, stay informed, \
    stay in touch, stay connected, keep in touch, follow us, follow us on, find us on, connect \
    with us, contact us, about us, nuestro boletin, boletin, boletin informativo, suscribete, \
    suscribase, suscribirse, suscripcion, suscribete a nuestro boletin, suscribase a nuestro \
    boletin, siguenos, siganos, siguenos en, redes sociales, contactenos, contacto, boletim, \
    boletim informativo, assine, assine nossa newsletter, inscreva se, assine nosso boletim, \
    siga nos, siga nos nas redes, redes sociais, fale conosco, contato, nos siga, acompanhe, \
    notre lettre d information, lettre d information, infolettre, abonnez vous, s abonner, \
    abonnez vous a notre lettre d information, abonnez vous a notre newsletter, suivez nous, \
    suivez nous sur, nous suivre, restez informes, reseaux sociaux, contactez nous, nous \
    contacter, disclaimer, disclaimer of use, website privacy notice, privacy policy, privacy \
    notice, privacy, terms of use, terms and conditions, cookie policy, cookie settings, \
    cookies, aviso legal, politica de privacidad, politica de cookies, aviso de privacidad, \
    terminos de uso, politica de privacidade, termos de uso, mentions legales, politique de \
    confidentialite, gestion des cookies, conditions d utilisation, accept all, accept, accept \
    cookies, aceptar, aceptar cookies, aceitar, accepter, tout accepter, site map, sitemap, mapa \
    del sitio, mapa do site, plan du site";

/// Skip links, menus, search, languages.
pub(crate) const TOOL: &str = "\
    tags, etiquetas, mots cles, skip to content, skip to main content, skip navigation, skip to \
    navigation, skip, jump to content, saltar al contenido, ir al contenido, ir al contenido \
    principal, pasar al contenido principal, ir para o conteudo, pular para o conteudo, ir para \
    o conteudo principal, saltar para o conteudo, aller au contenu, aller au contenu principal, \
    passer au contenu, main menu, menu, menu principal, navigation, main navigation, navegacion, \
    navegacion principal, navegacao, navigation principale, search, buscar, buscador, pesquisar, \
    busca, rechercher, recherche, logo, close, cerrar, fechar, fermer, open menu, toggle \
    navigation, toggle menu, abrir menu, ouvrir le menu, log in, login, sign in, iniciar sesion, \
    entrar, se connecter, connexion, english, espanol, portugues, francais, en, es, pt, fr, \
    language, languages, idioma, idiomas, langue, langues, back to top, back to news, back, \
    volver, volver arriba, volver a noticias, voltar, voltar ao topo, retour, retour en haut, \
    haut de page, home, inicio, accueil, pagina inicial, listen, escuchar, ouvir, ecouter, \
    download pdf, previous, next, anterior, siguiente, proximo, seguinte, precedent, suivant, \
    advertisement, publicidad, publicidade, publicite, image, imagen, imagem, reply, responder, \
    repondre, you are here, usted esta aqui, voce esta aqui, vous etes ici";

/// Headings that open a part of an article.
pub(crate) const SECTION: &str = "\
    introduction, background, summary, abstract, overview, context, conclusion, conclusions, \
    introduccion, resumen, antecedentes, contexto, presentacion, introducao, resumo, \
    apresentacao, contexte, presentation, resume, description, descripcion, descricao, about the \
    event, sobre el evento, sobre o evento";

/// Page types, printed above the title.
pub(crate) const KICKER: &str = "\
    news, press release, press releases, blog, event, events, publication, publications, \
    article, articles, press, media, stories, noticias, noticia, comunicado, comunicado de \
    prensa, comunicados, comunicados de prensa, prensa, evento, eventos, publicacion, \
    publicaciones, articulo, nota de prensa, actualidad, comunicado de imprensa, nota a \
    imprensa, imprensa, publicacao, publicacoes, artigo, artigos, actualites, actualite, \
    communique de presse, communiques, presse, evenement, evenements, newsroom, sala de prensa, \
    webinar, opinion, opinion column, main content, content, contenido";

/// The first entry of a breadcrumb.
pub(crate) const HOME: &str = "\
    home, inicio, accueil, pagina inicial, principal, portada, home page, homepage";

/// Links from a teaser to its page.
pub(crate) const MORE: &str = "\
    read more, more, learn more, continue reading, view all, see all, see more, load more, leer \
    mas, ver mas, seguir leyendo, ver todo, ver todas, ver todos, cargar mas, leia mais, ler \
    mais, saiba mais, ver mais, continue lendo, carregar mais, lire la suite, en savoir plus, \
    lire plus, voir plus, voir tout, lire l article, read article, mas informacion, conoce mas";

/// Words before the date of publication.
pub(crate) const PUBLISHED: &str = "\
    first published on, first published, date published, publication date, published on, \
    published at, published, posted on, posted at, posted, release date, released on, date of \
    publication, date, fecha de publicacion, publicado el dia, publicado el, publicada el, \
    publicado en, publicado, publicada, fecha, publicado em, publicada em, data de publicacao, \
    postado em, data, publie le, publiee le, publie, mis en ligne le, date de publication, paru \
    le";

/// Words before the date of an update.
pub(crate) const UPDATED: &str = "\
    last updated on, last updated, last modified, updated on, updated, last update, modified on, \
    ultima actualizacion, ultima modificacion, actualizado el, actualizado, modificado el, \
    ultima atualizacao, atualizado em, atualizado, derniere mise a jour, mis a jour le, mise a \
    jour, modifie le, reviewed";

/// Words before an author.
pub(crate) const BY: &str = "\
    written by, posted by, published by, authors, author, by, escrito por, publicado por, \
    autores, autoras, autora, autor, por, redactado por, texto, autoria, redige par, publie par, \
    auteurs, auteur, autrice, ecrit par, par, text by, texte";

/// Keys of the lines "Place: ..." of an event.
pub(crate) const EVENT: &str = "\
    time, hour, place, venue, location, where, registration, register, language, languages, \
    hora, horario, lugar, donde, registro, inscripciones, inscripcion, modalidad, idioma, local, \
    onde, inscricoes, inscricao, modalidade, heure, horaire, lieu, ou, inscription, \
    inscriptions, langue, langues, format, formato, platform, plataforma, speakers, ponentes, \
    date and time, fecha y hora, data e hora, date et heure, duration, duracion, duracao, duree";

/// Cookie banners. Parts of a text, folded.
pub(crate) const COOKIES: &str = "\
    we use cookies, uses cookies, use of cookies, our use of cookies, utiliza cookies, \
    utilizamos cookies, usamos cookies, usa cookies, uso de cookies, utilise des cookies, \
    utilisons des cookies, utilisation de cookies, utilisation des cookies, necessary cookies, \
    cookies that, cookies to, cookies para, cookies pour, cookies necesarias, cookies proprias, \
    cookies propias, cookies y, des cookies, your browser";

/// Newsletter and comment forms. Parts of a text, folded.
pub(crate) const BOXES: &str = "\
    subscribe to our, subscribe to the newsletter, sign up for our, sign up to our, to our \
    newsletter, suscribete a, suscribase a, nuestro boletin, assine a nossa, assine nossa, \
    assine nosso, inscreva-se em noss, nossa newsletter, abonnez-vous a, inscrivez-vous a notre, \
    notre lettre d'information, notre newsletter, your email address will not be, tu direccion \
    de correo, su direccion de correo electronico no, seu endereco de e-mail, votre adresse \
    e-mail ne, votre adresse de messagerie ne, required fields are marked, enable javascript, \
    habilite javascript, activer javascript, activez javascript, by continuing to browse, al \
    continuar navegando, ao continuar navegando, en poursuivant votre navigation, you agree to \
    our, personal data in accordance, you must be logged in";

/// Policies and credits of the site. Parts of a text, folded.
pub(crate) const POLICIES: &str = "\
    zero tolerance, zero-tolerance, tolerancia cero, cero tolerancia, tolerancia zero, tolerance \
    zero, privacy policy, politica de privacidad, politica de privacidade, politique de \
    confidentialite, reserved by, powered by, creative commons, skip to, hosted by";

/// Words next to a date that carry no information of their own.
pub(crate) const FILLER: &str = "\
    monday, tuesday, wednesday, thursday, friday, saturday, sunday, mon, tue, wed, thu, fri, \
    sat, sun, lunes, martes, miercoles, jueves, viernes, sabado, domingo, segunda, terca, \
    quarta, quinta, sexta, feira, lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche, at, \
    on, the, a, las, as, le, el, em, de, del, do, of, h, hs, hrs, am, pm, gmt, utc, est, edt, \
    cet, cest, brt, min, t, z, in, en";

/// Names of boxes that articles also use as their own headings.
pub(crate) const AMBIGUOUS: &str = "\
    upcoming events, proximos eventos, evenements a venir, see also, ver tambien, vea tambien, \
    veja tambem, voir aussi, contact us, contacto, contato, contactez nous, about us, cookies, \
    privacy, recommended, latest, pour aller plus loin, newsletter, boletin, boletim";
