# SPDX-License-Identifier: MIT
"""The objects that the demo model knows: an emoji, its name, and synonyms of our own.

The first name is the usual one; Unicode's own character name is added where it differs and is short (object_names).
"""
import unicodedata

_TABLE = """
🐱 cat, kitten, kitty|🐶 dog, puppy, hound|🐭 mouse|🐰 rabbit, bunny|🦊 fox|🐻 bear|🐼 panda|🐨 koala|🐯 tiger|🦁 lion
🐮 cow, cattle|🐷 pig, hog|🐸 frog, toad|🐵 monkey|🐔 chicken, hen|🐧 penguin|🐦 bird, songbird|🦆 duck|🦅 eagle|🦉 owl
🦇 bat|🐺 wolf|🐴 horse, pony|🦄 unicorn|🐝 bee, honeybee|🐛 caterpillar, bug|🦋 butterfly|🐌 snail|🐞 ladybug, ladybird|🐜 ant
🦂 scorpion|🐢 turtle, tortoise|🐍 snake, serpent|🦎 lizard|🦖 dinosaur, t-rex|🐙 octopus|🦑 squid|🦐 shrimp, prawn|🦀 crab|🐡 blowfish, pufferfish
🐠 tropical fish|🐬 dolphin|🐳 whale|🦈 shark|🐊 crocodile, alligator|🐘 elephant|🦏 rhinoceros, rhino|🐪 camel, dromedary|🦒 giraffe|🦘 kangaroo
🐑 sheep|🦔 hedgehog|🦚 peacock|🦜 parrot|🦢 swan|🦩 flamingo|🌵 cactus|🌲 pine tree, evergreen|🌴 palm tree|🍀 clover, four leaf clover
🍁 maple leaf|🍄 mushroom, toadstool|🌹 rose|🌻 sunflower|🌷 tulip|🌼 blossom, daisy|🌙 moon, crescent moon|🌍 earth, globe, planet|☀️ sun, sunshine|⛄ snowman
❄️ snowflake|⚡ lightning, lightning bolt|🔥 fire, flame|💧 drop, water drop|🌈 rainbow|🌊 wave, ocean wave|🍎 apple|🍐 pear|🍊 orange fruit, tangerine|🍋 lemon
🍌 banana|🍉 watermelon|🍇 grapes|🍓 strawberry|🍒 cherries|🍑 peach|🍍 pineapple|🥥 coconut|🥝 kiwi, kiwi fruit|🍅 tomato
🍆 eggplant, aubergine|🥑 avocado|🥦 broccoli|🥕 carrot|🌽 corn, maize|🌶️ chili pepper, hot pepper|🥔 potato|🥐 croissant|🍞 bread, loaf of bread|🧀 cheese
🥚 egg|🍳 fried egg, frying pan|🥓 bacon|🍔 hamburger, burger|🍟 french fries, chips|🍕 pizza|🌭 hot dog|🌮 taco|🍣 sushi|🍦 ice cream, soft serve
🍩 donut, doughnut|🍪 cookie, biscuit|🎂 birthday cake, cake|🍫 chocolate, chocolate bar|🍿 popcorn|🍯 honey pot, honey|☕ cup of coffee, coffee|🍵 tea, cup of tea|🍺 beer, beer mug|🍷 wine, glass of wine
🍴 fork and knife, cutlery|🥄 spoon|⚽ football, soccer ball|🏀 basketball|🏈 american football|⚾ baseball|🎾 tennis ball|🏐 volleyball|🎱 billiard ball, pool ball|🏓 table tennis, ping pong
🎯 target, bullseye, dart board|🎳 bowling|🎮 video game, game controller|🎲 die, dice|🧩 puzzle piece, jigsaw|🎸 guitar|🎹 piano, keyboard instrument|🎺 trumpet|🎻 violin, fiddle|🥁 drum
🎧 headphones|🎤 microphone, mic|🎨 paint palette, artist palette|🎬 clapper board, film clapper|🚗 car, automobile|🚕 taxi, cab|🚌 bus|🚑 ambulance|🚒 fire engine, fire truck|🚜 tractor
🚲 bicycle, bike|🛵 scooter, motor scooter|🚂 steam train, locomotive|🚁 helicopter|✈️ airplane, aeroplane, plane|🚀 rocket, spaceship|🛸 flying saucer, ufo|⛵ sailboat, sailing boat|🚢 ship, cruise ship|⚓ anchor
🚦 traffic light|🏠 house, home|🏰 castle|🗼 tokyo tower, tower|🗽 statue of liberty|⛺ tent|🎡 ferris wheel|🌋 volcano|🏝️ desert island, island|⌚ watch, wristwatch
📱 mobile phone, smartphone|💻 laptop, notebook computer|🖨️ printer|🖱️ computer mouse|💾 floppy disk, diskette|💿 compact disc, cd|📷 camera|🎥 movie camera, film camera|📞 telephone receiver, telephone|📺 television, tv
📻 radio|⏰ alarm clock, clock|⏳ hourglass, sand timer|🔋 battery|🔌 electric plug, power plug|💡 light bulb, lamp|🔦 flashlight, torch|🕯️ candle|💵 banknote, dollar bill|💎 gem stone, diamond gem, jewel
🔧 wrench, spanner|🔨 hammer|🪓 axe|🔩 nut and bolt, screw|⚙️ gear, cogwheel|🧲 magnet|🔫 water pistol, toy gun|💣 bomb|🔪 kitchen knife|🛡️ shield
🔮 crystal ball|🔭 telescope|🔬 microscope|💊 pill, capsule|💉 syringe, injection|🧬 dna, double helix|🌡️ thermometer|🧹 broom|🧻 toilet paper, roll of paper|🔑 key
🚪 door|🛋️ sofa, couch|🧸 teddy bear|🎁 gift, present, wrapped present|🎈 balloon|🎉 party popper, confetti|✉️ envelope, letter|📦 package, cardboard box, parcel|📊 bar chart, bar graph|📅 calendar
📌 pushpin, thumbtack|📎 paperclip|✂️ scissors|🔒 lock, padlock|🔍 magnifying glass, magnifier|✏️ pencil|📚 books, stack of books|📰 newspaper|🏆 trophy, winner's cup|🥇 gold medal, medal
👑 crown|👒 hat, lady's hat|🎓 graduation cap|👓 glasses, eyeglasses|👔 necktie, shirt and tie|👕 t-shirt, shirt|👖 jeans, trousers|👗 dress|👠 high heel shoe, high heel|👟 running shoe, sneaker
👜 handbag|🎒 backpack, school bag|☂️ umbrella|💀 skull|👻 ghost|👽 alien|🤖 robot, robot face|🎃 pumpkin, jack-o-lantern|👁️ eye|👂 ear
👃 nose|👍 thumbs up|✋ raised hand, hand|🧠 brain|🦷 tooth|🦴 bone|👣 footprints|🗑️ waste basket, trash can|🔔 bell|📡 satellite antenna, satellite dish
"""


def _unicode_name(symbol):
    name = unicodedata.name(symbol[0]).lower()
    for suffix in (" face", " symbol"):
        name = name.removesuffix(suffix)
    return name


def _entries():
    for line in _TABLE.strip().splitlines():
        for entry in line.split("|"):
            symbol, names = entry.strip().split(" ", 1)
            yield symbol, [name.strip() for name in names.split(",")]


def object_names():
    """[(symbol, [name, synonym, ...]), ...]; no name belongs to two objects."""
    own = list(_entries())
    taken = {name for _, names in own for name in names}
    result = []
    for symbol, names in own:
        formal = _unicode_name(symbol)
        if formal not in taken and len(formal.split()) <= 3:
            names = names + [formal]
            taken.add(formal)
        result.append((symbol, names))
    return result


OBJECTS = object_names()
