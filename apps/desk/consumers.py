from channels.generic.websocket import AsyncWebsocketConsumer


class DeskConsumer(AsyncWebsocketConsumer):
    pass
