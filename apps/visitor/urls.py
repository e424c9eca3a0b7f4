"""Addresses of the customer's side: pages, what the window's scripts call, and files."""

from django.urls import include, path

from apps.visitor import answer_pictures, api, downloads, embedding, examples, pictures, views

pages = [
    path("chat/<slug:key>/", views.window, name="window"),
    path("chat/<slug:key>/frame/", views.frame, name="frame"),
    path("chat/<slug:key>/look.json", embedding.look, name="look"),
    # The name of a channel may be an account id here, such as "@default_customer_service_account".
    path("chat/<str:key>/part.json", embedding.part, name="part"),
    path("widget.js", embedding.script, name="widget"),
    path("demo/", views.demo, name="demo"),
    path("demo/examples/<path:path>", examples.example, name="example"),
    path("demo/examples/", examples.example, {"path": ""}, name="examples"),
]

urlpatterns = [
    path("api/visitor/token", api.token, name="visitor_token"),
    path("api/visitor/upload", api.upload, name="visitor_upload"),
    # Sessions makes these addresses and knows nothing of doors, so the name stands alone.
    path("files/<str:signed>/", downloads.file, name="file"),
    path("pictures/answers/<uuid:picture_id>/", answer_pictures.picture, name="answer_picture"),
    path("pictures/<str:signed>/", pictures.picture, name="picture"),
    path("", include((pages, "visitor"))),
]
