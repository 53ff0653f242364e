// SPDX-License-Identifier: MIT
// All texts of the page: name|English|German|Chinese. {0}, {1} stand for what a caller gives.
import { recall, keep } from './store.js';

export const languages = { en: 'English', de: 'Deutsch', zh: '中文' };

const table = `
skip|Skip to results|Zu den Treffern|跳到结果
search|Search|Suchen|搜索
ask|What happens in the moment you look for?|Was geschieht in der gesuchten Szene?|描述你要找的画面
more|and …|und …|再加…
picture|Search by a picture: paste, drop or choose|Mit einem Bild suchen: einfügen, ablegen oder wählen|以图搜索：粘贴、拖入或选择
dropHere|Drop to search by it|Ablegen, um damit zu suchen|松开以用此图搜索
filter|Filters|Filter|筛选
star|Keep this query|Suche merken|收藏此查询
clear|Clear|Leeren|清空
remove|Remove {0}|{0} entfernen|移除 {0}
edit|Edit {0}|{0} ändern|编辑 {0}
library|Library|Bibliothek|媒体库
bin|Bin|Ablage|收集箱
help|Keys and settings|Tasten und Einstellungen|按键与设置
home|Start page|Startseite|首页
close|Close|Schließen|关闭
textTerm|text “{0}”|Text „{0}“|文字“{0}”
pictureTerm|picture|Bild|图片
frameTerm|frame at {0}|Bild bei {0}|{0} 处的画面
weight|Weight|Gewicht|权重
minus|Less like this|Weniger davon|排除此类
plus|More like this|Mehr davon|更多类似
then|then|danach|然后
thenLabel|Comes after the part before|Kommt nach dem Teil davor|出现在前一部分之后
words|Words|Worte|文字
recent|Recent|Zuletzt|最近
saved|Saved|Gemerkt|收藏
fVideos|Videos|Videos|视频
fAfter|From|Von|从
fBefore|To|Bis|到
fScore|Lowest score|Mindestwert|最低分
fGroup|Group by video|Nach Video gruppieren|按视频分组
fFusion|Several terms|Mehrere Teile|多个条件
fFusionMean|together|zusammen|合并
fWithin|Then within, seconds|Danach innerhalb, Sekunden|间隔不超过（秒）
fTokens|Or type them: {0}|Oder tippen: {0}|也可直接输入：{0}
onlyVideo|this video|dieses Video|此视频
searching|Searching …|Sucht …|搜索中…
found|{0} moments|{0} Momente|{0} 个片段
foundOne|1 moment|1 Moment|1 个片段
foundVideos|{0} videos|{0} Videos|{0} 个视频
foundVideosOne|1 video|1 Video|1 个视频
results|Results|Treffer|结果
nothing|Nothing found|Nichts gefunden|没有结果
nothingFilters|No frame passes the filters. Remove one of them.|Kein Bild erfüllt die Filter. Einen davon entfernen.|没有画面符合筛选条件，请移除一项。
failed|The search failed|Die Suche ist gescheitert|搜索失败
unreachable|The server does not answer. Is it still running?|Der Server antwortet nicht. Läuft er noch?|服务器无响应。它还在运行吗？
noModel|Without a model only stored frames can be compared.|Ohne Modell lassen sich nur gespeicherte Bilder vergleichen.|未加载模型，只能用库内画面搜索。
changed|The library has changed meanwhile.|Die Bibliothek hat sich inzwischen geändert.|媒体库已发生变化。
foreign|This link is of another library.|Dieser Link gehört zu einer anderen Bibliothek.|此链接属于另一个媒体库。
again|Try again|Noch einmal versuchen|重试
score|Score|Wert|分数
cosine|cosine|Kosinus|余弦
dot|dot product|Skalarprodukt|点积
weighted_dot|weighted dot product|gewichtetes Skalarprodukt|加权点积
weighted_cosine|weighted cosine|gewichteter Kosinus|加权余弦
zscore|standardised|standardisiert|标准化
rrf|by rank|nach Rang|按排名
sequence|mean of the parts|Mittel der Teile|各部分均值
addBin|Add to bin|In die Ablage|加入收集箱
inBin|Remove from bin|Aus der Ablage nehmen|移出收集箱
added|In the bin|In der Ablage|已加入收集箱
removed|Out of the bin|Aus der Ablage genommen|已移出收集箱
homeTitle|Find the moment.|Den Moment finden.|找到那一刻。
homeText|Describe it in words, or paste a picture.|In Worten beschreiben oder ein Bild einfügen.|用文字描述，或粘贴图片。
emptyTitle|Nothing is indexed yet|Noch ist nichts indiziert|尚未索引任何视频
stepModel|Get a model|Ein Modell holen|获取模型
stepModelText|It compares words with pictures. Then start reelvec serve again.|Es vergleicht Worte mit Bildern. Danach reelvec serve neu starten.|模型用于比较文字与画面，然后请重启 reelvec serve。
stepModelDone|The model {0} is ready|Das Modell {0} ist bereit|模型 {0} 已就绪
stepVideos|Add videos|Videos hinzufügen|添加视频
stepAsk|Look for a moment|Einen Moment suchen|寻找片段
emptyThen|Describe it above, like “a dog on a beach”.|Oben beschreiben, etwa „ein Hund am Strand“.|在上方描述画面，例如“海滩上的狗”。
copy|Copy|Kopieren|复制
copied|Copied|Kopiert|已复制
model|Model|Modell|模型
findVideo|Find a video by its name|Video nach Namen finden|按名称查找视频
all|All|Alle|全部
missing|file is missing|Datei fehlt|文件缺失
missingHint|Its pictures are still found. Put the file back, or remove the video.|Seine Bilder werden noch gefunden. Datei zurücklegen oder Video entfernen.|画面仍可搜索。请恢复文件或移除视频。
failedHint|Mend or remove the file, then index again.|Datei reparieren oder entfernen, dann erneut indizieren.|请修复或移除文件后重新索引。
indexingHint|Searchable so far. If it has stopped, index again.|So weit durchsuchbar. Steht es still, neu indizieren.|已有部分可搜索，若停止请重新索引。
frames|{0} frames|{0} Bilder|{0} 帧
framesOne|1 frame|1 Bild|1 帧
showMore|Show more|Mehr zeigen|显示更多
player|Player|Player|播放器
play|Play|Abspielen|播放
pause|Pause|Anhalten|暂停
frameBack|One frame back|Ein Bild zurück|后退一帧
frameNext|One frame on|Ein Bild weiter|前进一帧
markIn|Begin here|Anfang hier|设为起点
markOut|End here|Ende hier|设为终点
loop|Loop the moment|Moment wiederholen|循环片段
back|Previous hit|Voriger Treffer|上一个结果
next|Next hit|Nächster Treffer|下一个结果
hitOf|{0} of {1}|{0} von {1}|{0} / {1}
copyLink|Copy a link|Link kopieren|复制链接
similar|Search by this frame|Mit diesem Bild suchen|用此画面搜索
download|Save the file|Datei speichern|保存文件
sound|Sound off|Ton aus|静音
mute|Sound on|Ton an|打开声音
position|Position|Position|位置
strip|Scores of the whole video|Werte des ganzen Videos|整个视频的分数
stripNear|Around the moment|Rund um den Moment|片段附近
quality|Picture|Bild|画质
mode_original|original|Original|原始
mode_remux|original, repacked|Original, umgepackt|原始（重新封装）
mode_transcode|converted|umgewandelt|已转换
qLow|low bandwidth|geringe Bandbreite|低带宽
cannotPlay|This browser cannot play the file. {0}|Dieser Browser kann die Datei nicht abspielen. {0}|浏览器无法播放此文件，{0}
unreadable|The file cannot be read.|Die Datei ist nicht lesbar.|无法读取此文件。
noMedia|The file is not here. {0}|Die Datei ist nicht hier. {0}|文件不在此处，{0}
stills|Its stored pictures are shown instead.|Gezeigt werden die gespeicherten Bilder.|改为显示已存画面。
binEmpty|Nothing collected yet. Press X on a moment to put it here.|Noch nichts gesammelt. X legt einen Moment hierher.|尚无片段。在片段上按 X 收集。
binName|Name of the moment|Name des Moments|片段名称
up|Move up|Nach oben|上移
down|Move down|Nach unten|下移
shared|A link shares {0}|Ein Link teilt {0}|链接分享了 {0}
exportAs|Save as|Speichern als|保存为
export|Save|Speichern|保存
clips|Clips|Clips|视频片段
timelines|For editors|Für Schnittprogramme|剪辑软件
lists|Lists|Listen|列表
clip_exact|Clips, cut to the frame|Clips, bildgenau|片段，精确到帧
clip_copy|Clips, copied|Clips, kopiert|片段，直接复制
hintExact|MP4, encoded again; begins and ends on the frame.|MP4, neu kodiert; beginnt und endet auf dem Bild.|MP4，重新编码，首尾精确到帧。
hintCopy|Fast and without loss; begins at the keyframe before.|Schnell und verlustfrei; beginnt beim Schlüsselbild davor.|快速无损，从之前的关键帧开始。
hintAnimated|A moving picture without sound.|Ein bewegtes Bild ohne Ton.|无声的动图。
hintList|A file that names the videos.|Eine Datei, die die Videos nennt.|引用视频的文件。
handles|Seconds around|Sekunden drumherum|前后延长（秒）
progress|Progress|Fortschritt|进度
cancel|Cancel|Abbrechen|取消
cancelled|Cancelled.|Abgebrochen.|已取消。
saving|Saving {0} …|Speichert {0} …|正在保存 {0}…
exportedPart|Saved, but:|Gespeichert, aber:|已保存，但：
exportedNone|Not saved:|Nicht gespeichert:|未保存：
exported|Saved.|Gespeichert.|已保存。
noFfmpeg|To cut and convert the server needs ffmpeg.|Zum Schneiden und Umwandeln braucht der Server ffmpeg.|服务器需要 ffmpeg 才能剪切和转换。
mediaRoot|Add videos of|Videos hinzufügen aus|添加视频，位于
folder|Folder in it|Ordner darin|其中的文件夹
everySeconds|Seconds per frame|Sekunden je Bild|取帧间隔（秒）
addFolder|Index|Indizieren|开始索引
noFolder|There is no such folder.|Diesen Ordner gibt es nicht.|没有此文件夹。
job_queued|waits|wartet|等待中
job_running|is being indexed|wird indiziert|索引中
job_done|done|fertig|完成
job_cancelled|cancelled|abgebrochen|已取消
job_failed|failed|gescheitert|失败
unchanged|{0} unchanged|{0} unverändert|{0} 个未变
someFailed|{0} failed|{0} gescheitert|{0} 个失败
endedBefore|{0} ended before|{0} zuvor beendet|之前结束 {0} 项
addByHand|With --media FOLDER the server adds videos here; else in a terminal:|Mit --media ORDNER fügt der Server hier Videos hinzu, sonst im Terminal:|用 --media 文件夹 启动服务器可在此添加视频，或在终端：
settings|Settings|Einstellungen|设置
language|Language|Sprache|语言
theme|Appearance|Erscheinung|外观
auto|as the system|wie das System|跟随系统
light|light|hell|浅色
dark|dark|dunkel|深色
kJkl|backwards, stop, forwards; again: faster|rückwärts, halt, vorwärts; nochmals: schneller|倒放、暂停、播放；重复加速
sayWhat|Now say what to look for.|Nun sagen, was gesucht wird.|请再描述要找的画面。
wrongFilter|“{0}” cannot be read. Write it like {1}.|„{0}“ ist nicht lesbar. Zu schreiben wie {1}.|无法理解“{0}”，写法如 {1}。
badPicture|This is no picture that can be read.|Das ist kein lesbares Bild.|无法读取此图片。
bigPicture|The picture is too large.|Das Bild ist zu groß.|图片过大。
busy|The server is busy.|Der Server ist beschäftigt.|服务器繁忙。
retry|It is tried again soon.|Es wird gleich erneut versucht.|稍后自动重试。
cannot|The server cannot do this.|Der Server kann das nicht.|服务器无法完成。
noVideo|The library does not have this video or frame.|Die Bibliothek hat dieses Video oder Bild nicht.|媒体库中没有此视频或画面。
noMatch|No video has such a name.|Kein Video heißt so.|没有这个名称的视频。
noLibrary|There is no library here.|Hier ist keine Bibliothek.|此处没有媒体库。
damaged|The library is damaged.|Die Bibliothek ist beschädigt.|媒体库已损坏。
manyParts|A sequence has at most 8 parts.|Eine Folge hat höchstens 8 Teile.|序列最多 8 个部分。
badQuery|This cannot be asked for.|Das lässt sich so nicht fragen.|无法这样查询。
tooSlow|It took too long.|Es hat zu lange gedauert.|用时过长。
token|The token is missing. Open the server's link again.|Das Token fehlt. Den Link des Servers erneut öffnen.|缺少令牌，请重新打开服务器的链接。
goneTerm|The picture is not kept any more; add it again.|Das Bild ist nicht mehr da; erneut hinzufügen.|图片已不再保留，请重新添加。
`;

const order = Object.keys(languages);
const texts = new Map(table.trim().split('\n').map((row) => row.split('|')).map(([name, ...all]) => [name, all]));

export const language = [recall('language', ''), ...(navigator.languages ?? [])]
  .map((name) => name.slice(0, 2).toLowerCase())
  .find((name) => order.includes(name)) ?? 'en';
document.documentElement.lang = language;

export function setLanguage(name) {
  keep('language', name);
  location.reload();
}

export function t(name, ...values) {
  return texts.get(name)[order.indexOf(language)].replace(/\{(\d)\}/g, (_, at) => values[at]);
}

const numbers = new Intl.NumberFormat(language);
export const count = (value) => numbers.format(value);
// A text that has another one for one thing.
export const many = (name, value) => (value === 1 ? t(`${name}One`) : t(name, count(value)));
